import { serve } from '@hono/node-server'
import { respond } from './app.js'

serve({ fetch: respond, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(JSON.stringify({ port })))
