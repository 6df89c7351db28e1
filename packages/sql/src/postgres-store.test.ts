import { describe } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { clients } from '../test/open-store.js'
import { suite } from '../test/suite.js'

const address = await findServer('PostgreSQL', 'POSTGRES_URL', 'postgres://postgres@127.0.0.1:5432/test')

describe.skipIf(address === undefined)('a PostgreSQL server', () => {
  suite('pg', () => clients.pg(address as string))
  suite('postgres.js', () => clients['postgres.js'](address as string))
})

suite('PGlite', () => clients.PGlite(''))
