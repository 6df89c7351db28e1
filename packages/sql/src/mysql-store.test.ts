import { describe } from 'vitest'
import { findServer } from '../../store-testing/test/server.js'
import { clients } from '../test/open-store.js'
import { suite } from '../test/suite.js'

const address = await findServer('MariaDB or MySQL', 'MYSQL_URL', 'mysql://root@127.0.0.1:3306/test')

describe.skipIf(address === undefined)('a MariaDB server', () => {
  suite('mysql2', () => clients.mysql2(address as string))
})
