import { context, type DiagLogger, diag, type Span, trace } from '@opentelemetry/api'

import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { forgedOf } from '../../core/src/testing/forged-cookie.js'
import { type OpenTelemetryOptions, openTelemetry } from './index.js'
import { application } from './testing/application.js'
import { AsyncContextManager } from './testing/context-manager.js'
import { failElsewhere, failLater, nextTurn } from './testing/late-failures.js'

const spans = new InMemorySpanExporter()
const logs = new InMemoryLogRecordExporter()
const logger = new LoggerProvider({
  processors: [new SimpleLogRecordProcessor({ exporter: logs })],
}).getLogger('test')
const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer('test')

beforeAll(() => {
  context.setGlobalContextManager(new AsyncContextManager())
})

afterAll(() => {
  context.disable()
})

beforeEach(() => {
  spans.reset()
  logs.reset()
})

/** An application whose server makes a span of each request, as instrumentations of servers do. */
function traced(options: OpenTelemetryOptions = {}) {
  const app = application(openTelemetry({ metrics: false, ...options }))
  const span = (request: Request): Promise<Response> =>
    tracer.startActiveSpan(`${request.method} ${new URL(request.url).pathname}`, async (span) => {
      try {
        return await app.respond(request)
      } finally {
        span.end()
      }
    })
  return { ...app, span }
}

const eventsOf = ({ events }: ReadableSpan): unknown[] => events.map(({ name, attributes }) => [name, attributes])

describe('the span of a request', () => {
  it('has what became of its session as events, and no ids', async () => {
    const { sessions, span, visitor } = traced()
    const ada = visitor()
    await span(new Request('https://app.example/'))
    await ada.get('/')
    const cookie = ada.cookie()
    await span(new Request('https://app.example/', { headers: { cookie } }))
    await span(new Request('https://app.example/sign-in', { headers: { cookie } }))
    await span(new Request('https://app.example/', { headers: { cookie: forgedOf(cookie) } }))
    const all = spans.getFinishedSpans()
    expect(all.map(eventsOf)).toEqual([
      [['fetch_sessions.created', {}]],
      [],
      [['fetch_sessions.regenerated', {}]],
      [
        ['fetch_sessions.rejected', { 'fetch_sessions.reason': 'signature' }],
        ['fetch_sessions.created', {}],
      ],
    ])
    expect(all.map(({ attributes }) => attributes)).toEqual([{}, {}, {}, {}])
    expect((await sessions.list()).sessions.length).toBe(3)
  })

  it('has ids by OpenTelemetry’s names, if that is wanted', async () => {
    const { sessions, span } = traced({ sessionIds: true, attributes: { 'app.session': 'user' } })
    const { id, cookie } = await sessions.issue({ user: 'ada' })
    await span(new Request('https://app.example/sign-in', { headers: { cookie } }))
    const [only] = spans.getFinishedSpans() as [ReadableSpan]
    const [next] = await sessions.listByOwner('ada@example.com')
    expect(eventsOf(only)).toEqual([
      ['fetch_sessions.regenerated', { 'app.session': 'user', 'session.id': next?.id, 'session.previous_id': id }],
    ])
    expect(only.attributes).toEqual({ 'session.id': next?.id, 'session.previous_id': id })
  })

  it('has the id of the session that was opened, not of a cookie that was rejected', async () => {
    const { sessions, span } = traced({ sessionIds: true })
    const [one, two] = [await sessions.issue({ user: 'ada' }), await sessions.issue({ user: 'bob' })]
    await span(new Request('https://app.example/read', { headers: { cookie: `${one.cookie}; ${two.cookie}` } }))
    const [only] = spans.getFinishedSpans() as [ReadableSpan]
    expect(only.attributes).toEqual({ 'session.id': one.id })
  })

  it('has the code of an error, and neither its message nor its cause', async () => {
    const { sessions, store, span } = traced()
    const { cookie } = await sessions.issue({ user: 'ada' })
    store.fail('load', new Error('connect ECONNREFUSED db.internal:5432'))
    await expect(span(new Request('https://app.example/', { headers: { cookie } }))).rejects.toThrow()
    const [only] = spans.getFinishedSpans() as [ReadableSpan]
    expect(eventsOf(only)).toEqual([['fetch_sessions.failed', { 'error.type': 'ERR_SESSION_STORE' }]])
    expect(JSON.stringify(only.events)).not.toContain('db.internal')
  })

  it('is left alone where there is a logger, unless both are wanted', async () => {
    await traced({ logger }).span(new Request('https://app.example/'))
    await traced({ logger, spanEvents: true }).span(new Request('https://app.example/'))
    expect(spans.getFinishedSpans().map(({ events }) => events.length)).toEqual([0, 1])
    expect(logs.getFinishedLogRecords().length).toBe(2)
  })

  it.each([
    ['an event', { addEvent: failLater, setAttributes: () => {} }],
    ['its ids', { addEvent: () => {}, setAttributes: failElsewhere }],
  ])('may fail in a promise over %s: that is told to diag, and breaks nothing', async (_, methods) => {
    const problems: unknown[] = []
    const error = (_: string, problem: unknown) => problems.push(problem)
    diag.setLogger({ error } as unknown as DiagLogger)
    const { respond } = traced({ sessionIds: true })
    const span = { isRecording: () => true, ...methods } as unknown as Span
    const request = new Request('https://app.example/')
    const response = await context.with(trace.setSpan(context.active(), span), () => respond(request))
    await nextTurn()
    diag.disable()
    expect([response.status, problems]).toEqual([200, [new Error('the collector is down')]])
  })

  it('need not be there', async () => {
    const { visitor } = traced({ sessionIds: true })
    expect((await visitor().get('/')).status).toBe(200)
  })
})

describe('a logger', () => {
  it('gets events with their severity, in the trace of their request', async () => {
    const { sessions, store, span } = traced({ logger, sessionIds: true })
    const { id, cookie } = await sessions.issue({ user: 'ada' })
    await span(new Request('https://app.example/sign-out', { headers: { cookie } }))
    await span(new Request('https://app.example/read', { headers: { cookie } }))
    store.fail('load')
    await span(new Request('https://app.example/', { headers: { cookie } })).catch(() => {})
    const records = logs.getFinishedLogRecords()
    expect(records.map(({ eventName, severityText, attributes }) => [eventName, severityText, attributes])).toEqual([
      ['fetch_sessions.created', 'INFO', { 'session.id': id }],
      ['fetch_sessions.destroyed', 'INFO', { 'session.id': id }],
      ['fetch_sessions.rejected', 'INFO', { 'session.id': id, 'fetch_sessions.reason': 'unknown' }],
      ['fetch_sessions.failed', 'ERROR', { 'error.type': 'ERR_SESSION_STORE' }],
    ])
    const traces = spans.getFinishedSpans().map((span) => span.spanContext().traceId)
    expect(records.slice(1).map(({ spanContext }) => spanContext?.traceId)).toEqual(traces)
  })

  it('gets how many sessions of an owner were destroyed, where that is known, and which try has lost', async () => {
    const { sessions, visitor } = traced({ logger, sessionIds: true })
    await visitor().post('/sign-in')
    logs.reset()
    await sessions.destroyByOwner('ada@example.com')
    const listen = openTelemetry({ logger })
    listen({ type: 'destroyed-by-owner', owner: 'ada@example.com', count: undefined, duration: 1 })
    listen({ type: 'conflict', id: 'x', attempt: 2, duration: 1 })
    expect(logs.getFinishedLogRecords().map(({ eventName, attributes }) => [eventName, attributes])).toEqual([
      ['fetch_sessions.destroyed-by-owner', { 'fetch_sessions.session.count': 1 }],
      ['fetch_sessions.destroyed-by-owner', {}],
      ['fetch_sessions.conflict', { 'fetch_sessions.store.attempt': 2 }],
    ])
  })
})
