// Uses the engine that DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH name, and prints what it saw as JSON.
//
//	go-client NAME IMAGE
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

func main() {
	ctx := context.Background()
	name, image := os.Args[1], os.Args[2]
	engine, err := client.New(client.FromEnv)
	check(err)
	defer engine.Close()

	version, err := engine.ServerVersion(ctx, client.ServerVersionOptions{})
	check(err)
	script := "while [ ! -e /stop ]; do sleep 0.05; done; echo out; echo err >&2; exit 3"
	created, err := engine.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name:   name,
		Config: &container.Config{Image: image, Cmd: []string{"sh", "-c", script}},
	})
	check(err)
	_, err = engine.ContainerStart(ctx, created.ID, client.ContainerStartOptions{})
	check(err)
	list, err := engine.ContainerList(ctx, client.ContainerListOptions{
		Filters: make(client.Filters).Add("name", name),
	})
	check(err)
	logs, err := engine.ContainerLogs(ctx, name, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Follow: true,
	})
	check(err)
	echoed, execCode := echo(ctx, engine, name)
	waited := engine.ContainerWait(ctx, name, client.ContainerWaitOptions{})
	stop(ctx, engine, name)
	stdout, stderr := split(logs)
	var code int64
	select {
	case end := <-waited.Result:
		code = end.StatusCode
	case err := <-waited.Error:
		check(err)
	}
	_, err = engine.ContainerRemove(ctx, name, client.ContainerRemoveOptions{})
	check(err)
	_, err = engine.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"version": version.Version, "listed": len(list.Items), "echoed": echoed, "execCode": execCode,
		"stdout": stdout, "stderr": stderr, "code": code, "missing": fmt.Sprint(err),
	}))
}

// echo sends a megabyte through cat, ends stdin, and reads the output to its end.
func echo(ctx context.Context, engine *client.Client, name string) (int, int) {
	created, err := engine.ExecCreate(ctx, name, client.ExecCreateOptions{
		Cmd: []string{"sh", "-c", "cat; exit 5"}, AttachStdin: true, AttachStdout: true,
	})
	check(err)
	stream, err := engine.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	check(err)
	defer stream.Close()
	go func() {
		_, err := io.Copy(stream.Conn, strings.NewReader(strings.Repeat("in and on\n", 100_000)))
		check(err)
		check(stream.CloseWrite())
	}()
	stdout, _ := split(stream.Reader)
	ended, err := engine.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	check(err)
	return len(stdout), ended.ExitCode
}

// stop lets the container's process end.
func stop(ctx context.Context, engine *client.Client, name string) {
	created, err := engine.ExecCreate(ctx, name, client.ExecCreateOptions{Cmd: []string{"touch", "/stop"}})
	check(err)
	_, err = engine.ExecStart(ctx, created.ID, client.ExecStartOptions{Detach: true})
	check(err)
}

func split(from io.Reader) (string, string) {
	var stdout, stderr bytes.Buffer
	_, err := stdcopy.StdCopy(&stdout, &stderr, from)
	check(err)
	return stdout.String(), stderr.String()
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
