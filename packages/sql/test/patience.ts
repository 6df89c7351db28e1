/** Milliseconds that a test waits for what a server does, on a machine that does much else. */
export const PATIENCE = 10_000
