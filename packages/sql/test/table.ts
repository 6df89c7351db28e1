/** A table that no other run has. */
export function newTable(): string {
  return `test_${crypto.randomUUID().replaceAll('-', '')}`
}
