import process from 'node:process'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { answerCommands } from './processes/answer-commands.js'
const v = process.argv[2]
const app = new Hono()
if (v === 'mw') app.use(async (c, n) => { await n() })
if (v === 'mwvary') app.use(async (c, n) => { await n(); c.res.headers.append('Vary', 'Cookie') })
if (v === 'mwhdr') app.use(async (c, n) => { c.req.raw.headers.get('cookie'); await n() })
if (v === 'mwprepvary') app.use(async (c, n) => { c.header('Vary', 'Cookie'); await n() })
if (v === 'async') app.get('/read', async (c) => { await null; return c.text('1') })
if (v === 'headers') app.get('/read', (c) => c.text('1', 200, { Vary: 'Cookie' }))
app.get('/read', (c) => c.text('1'))
await answerCommands({ listen: () => new Promise((r) => { const s = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => r({ port: s.address().port })) }) })
