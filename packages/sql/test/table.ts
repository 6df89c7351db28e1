import { randomBytes } from 'node:crypto'

/** A table that no other run has. */
export function newTable(): string {
  return `test_${randomBytes(8).toString('hex')}`
}
