import type * as cloudflare from '@fetch-sessions/cloudflare'
import type { SessionStore } from '@fetch-sessions/core'
import type * as denoKv from '@fetch-sessions/deno-kv'
import { type OpenedStore, testStore } from '@fetch-sessions/store-testing'
import { describe, it } from 'vitest'
import { copyOf } from '../plant.js'
import { Schedule } from '../schedule.js'
import { denoKvEngine } from './deno-kv-engine.js'
import { durableObjectsEngine, type ObjectClass } from './durable-objects-engine.js'
import type { OpenEngine } from './engine.js'
import { workersKvEngine } from './workers-kv-engine.js'

/** The models of engines are held to the suite that the real ones are held to in the stores' own packages. */
function testModel(name: string, open: OpenEngine): void {
  testStore(
    name,
    (): OpenedStore => {
      const clock = {
        get now(): number {
          return Date.now()
        },
        set now(_: number) {},
      }
      const store: SessionStore = open(new Schedule(0), clock).open('A', () => clock.now)
      return { store }
    },
    { describe, it: (name, body) => it(name, body, 120_000) },
  )
}

const { denoKvStore } = await copyOf<typeof denoKv>('deno-kv', ['index'])
const { durableObjectStore, kvStore, SessionObject } = await copyOf<typeof cloudflare & { SessionObject: ObjectClass }>(
  'cloudflare',
  ['index', 'durable-object'],
)
testModel('denoKvStore on the model', denoKvEngine(denoKvStore))
testModel('durableObjectStore on objects in memory', durableObjectsEngine(durableObjectStore, SessionObject))
testModel('kvStore on the model', workersKvEngine(kvStore))
