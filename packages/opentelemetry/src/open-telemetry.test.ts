import type { SessionEvent } from '@fetch-sessions/core'
import { type DiagLogger, diag, type Meter, metrics } from '@opentelemetry/api'
import { afterEach, describe, expect, it } from 'vitest'
import { forgedOf } from '../../core/src/testing/forged-cookie.js'
import { type OpenTelemetryOptions, openTelemetry } from './index.js'
import { application } from './testing/application.js'
import { Collector } from './testing/collector.js'
import { failElsewhere, failLater, nextTurn } from './testing/late-failures.js'

let collector = new Collector()

afterEach(async () => {
  metrics.disable()
  diag.disable()
  await collector.shutdown()
  collector = new Collector()
})

const measured = (options: OpenTelemetryOptions = {}) => openTelemetry({ meter: collector.meter, ...options })

describe('a collector', () => {
  it('gets what became of sessions, in numbers and seconds', async () => {
    const { visitor } = application(measured())
    const [ada, bob] = [visitor(), visitor()]
    await ada.get('/')
    await bob.get('/')
    await ada.get('/')
    await ada.post('/sign-in')
    await ada.get('/read')
    await ada.post('/sign-out')
    expect(await collector.metrics()).toEqual({
      'fetch_sessions.session.created': { unit: '{session}', series: [[{}, 2]] },
      'fetch_sessions.session.regenerated': { unit: '{session}', series: [[{}, 1]] },
      'fetch_sessions.session.destroyed': { unit: '{session}', series: [[{}, 1]] },
      'fetch_sessions.store.duration': {
        unit: 's',
        series: expect.arrayContaining([
          [{ 'fetch_sessions.store.operation': 'create' }, 2],
          [{ 'fetch_sessions.store.operation': 'load' }, 4],
          [{ 'fetch_sessions.store.operation': 'save' }, 1],
          [{ 'fetch_sessions.store.operation': 'regenerate' }, 1],
          [{ 'fetch_sessions.store.operation': 'destroy' }, 1],
        ]),
      },
    })
  })

  it('gets why cookies were rejected', async () => {
    const { sessions, visitor } = application(measured())
    const ada = visitor()
    await ada.get('/')
    await ada.get('/', { headers: { cookie: forgedOf(ada.cookie()) }, credentials: 'omit' })
    await ada.get('/', { headers: { cookie: '__Host-sid=rubbish' }, credentials: 'omit' })
    await sessions.destroy((await ada.session(sessions)).id)
    await ada.get('/read')
    expect(await collector.series('fetch_sessions.cookie.rejected')).toEqual([
      [{ 'fetch_sessions.reason': 'signature' }, 1],
      [{ 'fetch_sessions.reason': 'malformed' }, 1],
      [{ 'fetch_sessions.reason': 'unknown' }, 1],
    ])
  })

  it('gets failures by their code, and what is degraded', async () => {
    const { store, visitor } = application(measured(), {
      onStoreFailure: (error) => (error.message.includes('load') ? 'anonymous' : 'throw'),
    })
    const ada = visitor()
    await ada.get('/')
    store.fail()
    await expect(ada.get('/')).rejects.toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(await (await ada.get('/read')).text()).toBe('nobody')
    const code = { 'error.type': 'ERR_SESSION_STORE' }
    expect(await collector.series('fetch_sessions.request.failed')).toEqual([[code, 1]])
    expect(await collector.series('fetch_sessions.request.degraded')).toEqual([[code, 1]])
  })

  it('gets conflicts and lost changes, of requests that met those of another process', async () => {
    const { sessions, elsewhere, store, visitor } = application(measured())
    const ada = visitor()
    await ada.get('/')
    const { id } = await ada.session(sessions)
    const meeting = async (other: () => Promise<boolean>): Promise<void> => {
      const hung = store.hang('update')
      const visit = ada.get('/')
      await hung.reached
      expect(await other()).toBe(true)
      hung.letGo()
      await visit
    }
    await meeting(() => elsewhere.edit(id, (session) => session.set('user', 'bob')))
    expect(await collector.series('fetch_sessions.store.conflict')).toEqual([[{}, 1]])
    await meeting(() => elsewhere.destroy(id))
    expect(await collector.series('fetch_sessions.change.dropped')).toEqual([[{ 'fetch_sessions.reason': 'gone' }, 1]])
  })

  it('gets how many sessions of an owner were destroyed, where that is known, and how long it took, as with clear', async () => {
    const { sessions, visitor } = application(measured())
    for (const one of [visitor(), visitor(), visitor()]) await one.post('/sign-in')
    await sessions.destroyByOwner('ada@example.com')
    await sessions.destroyByOwner('ada@example.com')
    await sessions.clear()
    measured()({ type: 'destroyed-by-owner', owner: 'ada@example.com', count: undefined, duration: 1 })
    expect(await collector.series('fetch_sessions.session.destroyed')).toEqual([[{}, 3]])
    expect(await collector.series('fetch_sessions.store.duration')).toEqual(
      expect.arrayContaining([
        [{ 'fetch_sessions.store.operation': 'destroy-by-owner' }, 3],
        [{ 'fetch_sessions.store.operation': 'clear' }, 1],
      ]),
    )
  })

  it('gets seconds, in buckets that suit a database', async () => {
    const listen = measured()
    listen({ type: 'loaded', id: 'x', duration: 250 })
    listen({ type: 'loaded', id: 'y', duration: 1000 })
    const { boundaries, sum } = await collector.histogram('fetch_sessions.store.duration')
    expect(boundaries).toEqual([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10])
    expect(sum).toBeCloseTo(1.25)
  })

  it('gets every kind of event, of which those that are routine are measured alone', async () => {
    const listen = measured()
    const events: SessionEvent[] = [
      { type: 'touched', id: 'x', duration: 1 },
      { type: 'conflict', id: 'x', attempt: 2, duration: 1 },
      { type: 'dropped', id: 'x', reason: 'response' },
      { type: 'late' },
      { type: 'warning', warning: 'memory-store', message: 'words' },
      { type: 'rejected', reason: 'duplicate', id: 'x' },
    ]
    for (const event of events) listen(event)
    const all = await collector.metrics()
    expect(Object.fromEntries(Object.entries(all).map(([name, { series }]) => [name, series]))).toEqual({
      'fetch_sessions.store.duration': [
        [{ 'fetch_sessions.store.operation': 'touch' }, 1],
        [{ 'fetch_sessions.store.operation': 'conflict' }, 1],
      ],
      'fetch_sessions.store.conflict': [[{}, 1]],
      'fetch_sessions.change.dropped': [[{ 'fetch_sessions.reason': 'response' }, 1]],
      'fetch_sessions.request.late': [[{}, 1]],
      'fetch_sessions.warning': [[{ 'fetch_sessions.warning': 'memory-store' }, 1]],
      'fetch_sessions.cookie.rejected': [[{ 'fetch_sessions.reason': 'duplicate' }, 1]],
    })
  })

  it('gets as many series for a hundred visitors as for one, and neither ids nor owners', async () => {
    const { sessions, visitor } = application(measured({ sessionIds: true }))
    const ids: string[] = []
    for (let i = 0; i < 100; i++) {
      const one = visitor()
      await one.get('/')
      await one.post('/sign-in')
      ids.push((await one.session(sessions)).id)
      await one.post('/sign-out')
      await one.get('/', { headers: { cookie: `__Host-sid=rubbish${i}` } })
    }
    const all = await collector.metrics()
    const series = Object.values(all).flatMap(({ series }) => series)
    expect(series.length).toBeLessThanOrEqual(10)
    const told = JSON.stringify(all)
    for (const hidden of [...ids, 'ada@example.com', 'rubbish']) expect(told).not.toContain(hidden)
  })

  it('gets the application’s own attributes with each number, by which it tells two managers apart', async () => {
    const carts = application(measured({ attributes: { 'app.session': 'cart' } }))
    const users = application(measured({ attributes: { 'app.session': 'user' } }))
    await carts.visitor().get('/')
    await users.visitor().get('/')
    expect(await collector.series('fetch_sessions.session.created')).toEqual([
      [{ 'app.session': 'cart' }, 1],
      [{ 'app.session': 'user' }, 1],
    ])
  })
})

describe('without a meter of its own', () => {
  it('it counts on the global provider, even if that is set after the manager was made, or set anew', async () => {
    const { visitor } = application(openTelemetry())
    await visitor().get('/')
    metrics.setGlobalMeterProvider(collector.provider)
    await visitor().get('/')
    await visitor().get('/')
    expect(await collector.series('fetch_sessions.session.created')).toEqual([[{}, 2]])
    metrics.disable()
    const second = new Collector()
    metrics.setGlobalMeterProvider(second.provider)
    await visitor().get('/')
    expect(await second.series('fetch_sessions.session.created')).toEqual([[{}, 1]])
    await second.shutdown()
  })

  it('and without metrics, it counts nothing', async () => {
    metrics.setGlobalMeterProvider(collector.provider)
    await application(openTelemetry({ metrics: false }))
      .visitor()
      .get('/')
    expect(await collector.metrics()).toEqual({})
  })
})

const broken = {
  createCounter: () => ({
    add: () => {
      throw new Error('the meter is broken')
    },
  }),
  createHistogram: () => ({ record: () => {} }),
} as unknown as Meter

describe('OpenTelemetry that fails', () => {
  const unmakeable = {
    createCounter: () => {
      throw new Error('no counters here')
    },
  } as unknown as Meter

  it.each([
    ['counts nothing', broken],
    ['makes no counter', unmakeable],
  ])('breaks no request and no other listener: a meter that %s', async (_, meter) => {
    const problems: unknown[] = []
    const logger = { error: (_: string, error: unknown) => problems.push(error) }
    diag.setLogger(logger as unknown as DiagLogger)
    const record = openTelemetry({ meter })
    const heard: string[] = []
    const { visitor } = application((event) => {
      record(event)
      heard.push(event.type)
    })
    expect(await (await visitor().get('/')).text()).toBe('ok')
    expect([heard, problems]).toEqual([['created'], [expect.any(Error)]])
  })

  it('measures where it can’t count', () => {
    const seconds: number[] = []
    const meter = { ...broken, createHistogram: () => ({ record: (value: number) => seconds.push(value) }) }
    openTelemetry({ meter: meter as unknown as Meter })({ type: 'created', id: 'x', duration: 250 })
    expect(seconds).toEqual([0.25])
  })

  it('breaks nothing either if diag is broken as well', async () => {
    diag.setLogger({
      error: () => {
        throw new Error('so is this')
      },
    } as unknown as DiagLogger)
    expect(() => openTelemetry({ meter: broken })({ type: 'late' })).not.toThrow()
  })
})

describe('OpenTelemetry that fails in a promise', () => {
  const event: SessionEvent = { type: 'created', id: 'x', duration: 1 }
  const meterOf = (add: () => unknown, record: () => unknown): Meter =>
    ({ createCounter: () => ({ add }), createHistogram: () => ({ record }) }) as unknown as Meter

  it.each([
    ['a logger', { metrics: false, logger: { emit: failLater } }, 1],
    ['a logger with promises of another realm', { metrics: false, logger: { emit: failElsewhere } }, 1],
    ['a counter', { meter: meterOf(failLater, () => {}) }, 1],
    ['a histogram', { meter: meterOf(() => {}, failElsewhere) }, 1],
    ['both', { meter: meterOf(failLater, failLater) }, 2],
  ])('is told to diag, and breaks nothing: %s', async (_, options, count) => {
    const problems: unknown[] = []
    const logger = { error: (_: string, error: unknown) => problems.push(error) }
    diag.setLogger(logger as unknown as DiagLogger)
    openTelemetry(options)(event)
    await nextTurn()
    expect(problems).toEqual(Array(count).fill(new Error('the collector is down')))
  })

  it('breaks nothing either if diag fails in one as well', async () => {
    let calls = 0
    const error = (): Promise<never> => {
      calls++
      return failLater()
    }
    diag.setLogger({ error } as unknown as DiagLogger)
    openTelemetry({ meter: broken })(event)
    openTelemetry({ logger: { emit: failLater } })(event)
    await nextTurn()
    expect(calls).toBe(2)
  })
})

describe('an option that can’t work', () => {
  it.each([
    [{ tracer: {} }, /openTelemetry: tracer is no option: there are meter, metrics, logger/],
    [{ meter: {} }, /meter must be a Meter/],
    [{ logger: {} }, /logger must be a Logger/],
    [{ sessionIds: 'hashed' }, /sessionIds must be true or false/],
    [{ spanEvents: 1 }, /spanEvents must be true or false/],
    [{ metrics: null }, /metrics must be true or false/],
    [{ attributes: 'x' }, /attributes must be an object/],
  ])('is a TypeError: %j', (options, message) => {
    expect(() => openTelemetry(options as OpenTelemetryOptions)).toThrow(message)
  })
})
