/** This agent's version; the build puts the one of package.json in its place. */
export const AGENT_VERSION: string = process.env.FAIRLEAD_VERSION ?? '0.0.0-source';
