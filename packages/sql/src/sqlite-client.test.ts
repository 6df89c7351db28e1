import { expect, it } from 'vitest'
import { sqliteStore } from './sqlite-store.js'

/** The clients of Turso's packages, as far as they are looked at: they have the methods of D1, and of a `Database`. */
const methods = { batch() {}, exec() {}, close() {}, transaction() {} }
const statement = {
  bind: () => statement,
  all: async () => [],
  run: async () => ({ changes: 0 }),
  raw: () => statement,
}

it.each([
  ['@tursodatabase/database/compat', { ...methods, prepare: () => ({ ...statement, all: () => [] }) }],
  ['@tursodatabase/sync', { ...methods, all() {}, run() {}, io() {}, push() {}, prepare: () => statement }],
  ['@tursodatabase/serverless', { ...methods, all() {}, run() {}, prepare: async () => statement }],
  ['@tursodatabase/serverless, out of reach', { ...methods, prepare: () => Promise.reject(new Error('fetch failed')) }],
  ['libsql/promise', { exec() {}, close() {}, transaction() {}, prepare: async () => statement }],
])('a client of %s is refused in words', (_, client) => {
  expect(() => sqliteStore(client as never)).toThrow(TypeError)
  expect(() => sqliteStore(client as never)).toThrow('pass one of connect() of @tursodatabase/database')
})
