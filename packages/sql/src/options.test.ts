import { createPool } from 'mysql2/promise'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { mysqlStore } from './mysql-store.js'
import { postgresStore } from './postgres-store.js'
import { sqliteStore } from './sqlite-store.js'

/** Each store of this package, with a client that is never asked. */
const stores: [string, (options: unknown) => unknown, [option: string, value: unknown][]][] = [
  [
    'postgresStore',
    (options) => postgresStore(new pg.Pool(), options as never),
    [
      ['table', 'a b'],
      ['now', 5],
      ['prepare', 'no'],
    ],
  ],
  [
    'mysqlStore',
    (options) => mysqlStore(createPool({}), options as never),
    [
      ['table', 'a b'],
      ['now', 5],
    ],
  ],
  [
    'sqliteStore',
    (options) => sqliteStore({ prepare: () => {}, exec: () => {} } as never, options as never),
    [
      ['table', 'a b'],
      ['now', 5],
    ],
  ],
]

describe.each(stores)('%s', (name, make, wrong) => {
  it('refuses an option that does not exist, and says which there are', () => {
    for (const option of ['ttl', 'tableName', 'keyPrefix']) {
      expect(() => make({ [option]: 60 })).toThrow(TypeError)
      expect(() => make({ [option]: 60 })).toThrow(`fetch-sessions: ${name}: ${option} is no option: there are `)
    }
  })

  it('refuses options that are no object', () => {
    for (const options of [null, 'session:', 5, ['session:']]) {
      expect(() => make(options)).toThrow(TypeError)
      expect(() => make(options)).toThrow(`fetch-sessions: ${name}: options must be an object`)
    }
  })

  it.each(wrong)('refuses a %s of %o, and names the option', (option, value) => {
    expect(() => make({ [option]: value })).toThrow(TypeError)
    expect(() => make({ [option]: value })).toThrow(new RegExp(`\\b${option}\\b.* must `))
  })

  it('takes none, and undefined for each', () => {
    expect(() => make({})).not.toThrow()
    for (const [option] of wrong) expect(() => make({ [option]: undefined })).not.toThrow()
  })
})

describe('prepare, with a Bun.SQL', () => {
  /** What the store sees of one before it asks anything. */
  const bunSql = (prepare: boolean) =>
    Object.assign(() => {}, { options: { adapter: 'postgres', prepare }, unsafe() {} })

  it.each([true, false])('is refused where it was made otherwise, since Bun takes it nowhere else: %s', (prepare) => {
    const make = () => postgresStore(bunSql(!prepare) as never, { prepare })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(`make it by new SQL(url, { prepare: ${prepare} })`)
  })

  it.each([true, false])('may say again what it was made with: %s', (prepare) => {
    expect(() => postgresStore(bunSql(prepare) as never, { prepare })).not.toThrow()
    expect(() => postgresStore(bunSql(prepare) as never)).not.toThrow()
  })
})
