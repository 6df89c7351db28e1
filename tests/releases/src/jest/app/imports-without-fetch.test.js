import './without-fetch.js'
import * as core from '@fetch-sessions/core'
import * as testing from '@fetch-sessions/core/testing'
import * as fetch from '@fetch-sessions/fetch'
import * as hono from '@fetch-sessions/hono'
import * as ittyRouter from '@fetch-sessions/itty-router'
import * as login from '@fetch-sessions/login'
import * as node from '@fetch-sessions/node'

it('packages are imported where there is no Request', () => {
  expect(typeof Request).toBe('undefined')
  for (const entry of [core, testing, fetch, hono, ittyRouter, login, node]) expect(Object.keys(entry)).not.toEqual([])
})
