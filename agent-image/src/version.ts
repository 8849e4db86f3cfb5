/** This agent's version; the build replaces it with the one of package.json. */
export const AGENT_VERSION: string = process.env.FAIRLEAD_VERSION ?? '0.0.0-source';
