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

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
)

func main() {
	ctx := context.Background()
	name, image := os.Args[1], os.Args[2]
	engine, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	check(err)
	defer engine.Close()

	version, err := engine.ServerVersion(ctx)
	check(err)
	script := "while [ ! -e /stop ]; do sleep 0.05; done; echo out; echo err >&2; exit 3"
	config := &container.Config{Image: image, Cmd: []string{"sh", "-c", script}}
	created, err := engine.ContainerCreate(ctx, config, nil, nil, nil, name)
	check(err)
	check(engine.ContainerStart(ctx, created.ID, types.ContainerStartOptions{}))
	list, err := engine.ContainerList(ctx, types.ContainerListOptions{
		Filters: filters.NewArgs(filters.Arg("name", name)),
	})
	check(err)
	logs, err := engine.ContainerLogs(ctx, name, types.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Follow: true,
	})
	check(err)
	echoed, execCode := echo(ctx, engine, name)
	ended, failed := engine.ContainerWait(ctx, name, container.WaitConditionNotRunning)
	stop(ctx, engine, name)
	stdout, stderr := split(logs)
	var code int64
	select {
	case end := <-ended:
		code = end.StatusCode
	case err := <-failed:
		check(err)
	}
	check(engine.ContainerRemove(ctx, name, types.ContainerRemoveOptions{}))
	_, err = engine.ContainerInspect(ctx, name)
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"version": version.Version, "listed": len(list), "echoed": echoed, "execCode": execCode,
		"stdout": stdout, "stderr": stderr, "code": code, "missing": fmt.Sprint(err),
	}))
}

// echo sends a megabyte through cat, ends stdin, and reads the output to its end.
func echo(ctx context.Context, engine *client.Client, name string) (int, int) {
	created, err := engine.ContainerExecCreate(ctx, name, types.ExecConfig{
		Cmd: []string{"sh", "-c", "cat; exit 5"}, AttachStdin: true, AttachStdout: true,
	})
	check(err)
	stream, err := engine.ContainerExecAttach(ctx, created.ID, types.ExecStartCheck{})
	check(err)
	defer stream.Close()
	go func() {
		_, err := io.Copy(stream.Conn, strings.NewReader(strings.Repeat("in and on\n", 100_000)))
		check(err)
		check(stream.CloseWrite())
	}()
	stdout, _ := split(stream.Reader)
	ended, err := engine.ContainerExecInspect(ctx, created.ID)
	check(err)
	return len(stdout), ended.ExitCode
}

// stop lets the container's process end.
func stop(ctx context.Context, engine *client.Client, name string) {
	created, err := engine.ContainerExecCreate(ctx, name, types.ExecConfig{Cmd: []string{"touch", "/stop"}})
	check(err)
	check(engine.ContainerExecStart(ctx, created.ID, types.ExecStartCheck{Detach: true}))
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
