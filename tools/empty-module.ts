// Stands in for packages that a bundle pulls in and never calls. See tools/build-agent.ts.
export default {};
