import { randomBytes } from 'node:crypto'

/** For the sites of one file. */
export const secret = randomBytes(32)
