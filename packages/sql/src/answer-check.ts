import type { Row, Written } from './sql-client.js'

/**
 * A client that mixes answers up gives one visitor another's session. So each answer has to say what it answers: a row
 * its id or its owner, a write the row that it wrote.
 *
 * @throws Error if a row has not that many columns, or does not begin with these values
 */
export function checkRow(row: Row, columns: number, ...expected: (string | number)[]): void {
  // Big integers come as texts or BigInt, as the client is set up.
  if (row.length !== columns) throw mixedUp()
  for (let i = 0; i < expected.length; i++) {
    if (row[i] !== expected[i] && String(row[i]) !== String(expected[i])) throw mixedUp()
  }
}

/** Whether a statement has written its one row, which begins with these values. */
export function wroteRow(rows: readonly Row[], columns: number, ...expected: (string | number)[]): boolean {
  if (rows.length > 1) throw mixedUp()
  for (const row of rows) checkRow(row, columns, ...expected)
  return rows.length === 1
}

/** Whether a statement has written the row of this id, by what it has noted. */
export function wroteNoted({ count, noted }: Written, id: string): boolean {
  if (count > 1 || (noted === 0 ? count !== 0 : noted !== noteOf(id))) throw mixedUp()
  return noted !== 0
}

/** Whether a statement that notes nothing has written one row. */
export function wroteOne({ count, noted }: Written): boolean {
  if (count > 1 || noted !== 0) throw mixedUp()
  return count === 1
}

/** What a database notes of an id: its CRC-32, and one more, so that it is never 0. */
export function noteOf(id: string): number {
  let crc = -1
  for (const byte of new TextEncoder().encode(id)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return (~crc >>> 0) + 1
}

export function mixedUp(): Error {
  return new Error(
    'fetch-sessions: the database client gave an answer that belongs to another statement. Nothing of it was used. It mixes its answers up: open a new one, and give the store a client of its own, which nothing else uses',
  )
}
