import type { SessionManager } from '@fetch-sessions/core'
import type { MiddlewareHandler } from 'hono'
import type { RequestHandler } from 'itty-router'
import { describe, expectTypeOf, it } from 'vitest'
import { type BoundEvent, type DeviceBound, type DeviceBoundData, deviceBound, middleware } from './index.js'

interface Data {
  user: string
}

declare const sessions: SessionManager<Data>
declare const request: Request

describe('bindings', () => {
  it('take a manager of any data, which need not know of them', () => {
    expectTypeOf(deviceBound(sessions)).toEqualTypeOf<DeviceBound<Data>>()
    expectTypeOf(deviceBound({} as SessionManager<Data & DeviceBoundData>)).toEqualTypeOf<
      DeviceBound<Data & DeviceBoundData>
    >()
    // @ts-expect-error: there is no such policy
    deviceBound(sessions, { policy: 'always' })
  })

  it('fit what asks for the state alone', () => {
    expectTypeOf<DeviceBound<Data>>().toExtend<{
      state(request: Request): Promise<'proven' | 'unbound' | 'missing'>
    }>()
  })

  it('fit each framework', () => {
    const bound = deviceBound(sessions)
    expectTypeOf(bound.handle(request)).toEqualTypeOf<Promise<Response> | undefined>()
    expectTypeOf(middleware(bound.handle)).toExtend<MiddlewareHandler>()
    expectTypeOf(middleware(bound.guard())).toExtend<MiddlewareHandler>()
    expectTypeOf(bound.handle).toExtend<RequestHandler>()
    expectTypeOf(bound.guard()).toExtend<RequestHandler>()
  })

  it('tell events by their type', () => {
    const listen = (event: BoundEvent): void => {
      if (event.type === 'rejected') expectTypeOf(event.endpoint).toEqualTypeOf<'register' | 'refresh'>()
      else expectTypeOf(event.binding).toEqualTypeOf<string | undefined>()
    }
    deviceBound(sessions, { onEvent: listen })
  })
})
