/** Version of this command; the same as the workspace's package.json, which a test compares. */
export const CLI_VERSION = '0.1.0';
