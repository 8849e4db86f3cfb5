// Replaces packages that a bundle imports and never calls. See tools/build/agent.ts.
export default {};
