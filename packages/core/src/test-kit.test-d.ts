import { describe, expectTypeOf, it } from 'vitest'
import { MemoryStore, type ReadableSession, SessionManager } from './index.js'
import { failingStore, signedInRequest, Visitor } from './test-kit.js'

interface Data {
  userId: string
  count: number
}

const sessions = new SessionManager<Data>({ store: failingStore(new MemoryStore()), secret: 'x' })

describe('the kit', () => {
  it('knows the data of a session', () => {
    const visitor = new Visitor(() => new Response())
    expectTypeOf(visitor.session(sessions)).resolves.toEqualTypeOf<ReadableSession<Data>>()
    void visitor.signIn(sessions, { userId: 'ada' })
    void signedInRequest(sessions, '/', { userId: 'ada' }, { owner: 'ada' })
    // @ts-expect-error no such key
    void visitor.signIn(sessions, { user: 'ada' })
    // @ts-expect-error a number
    void signedInRequest(sessions, '/', { count: '1' })
  })

  it('asks for what a handler needs', () => {
    const worker = (_request: Request, _env: { secret: string }): Response => new Response()
    const one: Visitor = new Visitor(worker, { args: [{ secret: 'x' }] })
    expectTypeOf(one.get('/')).resolves.toEqualTypeOf<Response>()
    // @ts-expect-error env is missing
    new Visitor(worker)
    // @ts-expect-error and has a secret
    new Visitor(worker, { args: [{}] })
    new Visitor({ fetch: worker }, { args: [{ secret: 'x' }] })
    new Visitor((_request: Request, _env?: object) => new Response())
    new Visitor('http://localhost:3000')
  })
})
