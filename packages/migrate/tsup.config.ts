import type { Options } from 'tsup'
import shared from '../tsup.config.js'

// One entry for each library, so that none brings what only another one needs.
const config: Options = {
  ...shared,
  entry: [
    'src/index.ts',
    'src/cookie-session.ts',
    'src/express-session.ts',
    'src/fastify-secure-session.ts',
    'src/fastify-session.ts',
    'src/h3-session.ts',
    'src/hono-session.ts',
    'src/hono-sessions.ts',
    'src/iron-session.ts',
    'src/remix-session.ts',
  ],
}

export default config
