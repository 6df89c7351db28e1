import { describe, expect, it } from 'vitest'
import { MemoryStore, SessionManager, type SessionOptions } from '../index.js'
import { TestClock, Visitor } from '../test-kit.js'
import { secret } from '../testing/secret.js'

interface Data {
  user: string
  flash: string
}

/** An application in which one signs in and out, and is told so once. */
function application(options: Partial<SessionOptions<Data>> = {}): {
  sessions: SessionManager<Data>
  respond: (request: Request) => Promise<Response>
} {
  const sessions = new SessionManager<Data>({ store: new MemoryStore(), secret, ...options })
  const respond = (request: Request): Promise<Response> =>
    sessions.handle(request, async (handle) => {
      const { pathname } = new URL(request.url)
      const session = await handle.write()
      if (pathname === '/sign-in') {
        const name = new URLSearchParams(await request.text()).get('name') ?? ''
        session.set('user', name).set('flash', `Welcome, ${name}`).setOwner(name)
        session.regenerate()
      }
      if (pathname === '/sign-out') session.destroy()
      if (request.method === 'POST') return new Response(null, { status: 303, headers: { location: '/' } })
      return Response.json({ user: session.get('user'), flash: session.take('flash') })
    })
  return { sessions, respond }
}

const echo = async (request: Request): Promise<Response> =>
  Response.json({
    url: request.url,
    method: request.method,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
  })

const setting = (...lines: string[]): Response => {
  const headers = new Headers()
  for (const line of lines) headers.append('set-cookie', line)
  return new Response(null, { headers })
}

describe('a visitor', () => {
  it('signs in, stays signed in, and signs out', async () => {
    const { sessions, respond } = application()
    const visitor = new Visitor(respond)
    const response = await visitor.post('/sign-in', { form: { name: 'ada' } })
    expect([response.status, visitor.url?.href]).toEqual([303, 'https://app.example/sign-in'])
    expect(await (await visitor.get('/')).json()).toEqual({ user: 'ada', flash: 'Welcome, ada' })
    expect(await (await visitor.get('/')).json()).toEqual({ user: 'ada' })
    const session = await visitor.session(sessions)
    expect([session.get('user'), session.owner, visitor.cookies.length]).toEqual(['ada', 'ada', 1])
    await visitor.post('/sign-out')
    expect([visitor.cookie(), (await visitor.session(sessions)).isNew, visitor.refused]).toEqual(['', true, []])
  })

  it('knows nothing of another', async () => {
    const { respond } = application()
    const [ada, bob, eve] = [new Visitor(respond), new Visitor(respond), new Visitor(respond)]
    await Promise.all([
      ada.post('/sign-in', { form: { name: 'ada' } }),
      bob.post('/sign-in', { form: { name: 'bob' } }),
      eve.get('/'),
    ])
    const users = await Promise.all([ada, bob, eve].map(async (one) => (await one.get('/')).json()))
    expect(users.map(({ user }) => user)).toEqual(['ada', 'bob', undefined])
  })

  it('begins signed in, if wanted', async () => {
    const { sessions, respond } = application()
    const ada = await new Visitor(respond).signIn(sessions, { user: 'ada' }, { owner: 'ada' })
    expect(await (await ada.get('/')).json()).toEqual({ user: 'ada' })
    expect((await sessions.listByOwner('ada')).map(({ id }) => id)).toEqual([(await ada.session(sessions)).id])
  })

  it('is told where a browser would not keep the cookie of a sign-in', async () => {
    const { sessions, respond } = application()
    const visitor = new Visitor(respond, { origin: 'http://app.example' })
    await expect(visitor.signIn(sessions, { user: 'ada' })).rejects.toThrow(
      'no browser would keep this cookie: Secure needs https, and http://app.example is plain http',
    )
  })

  it('tells what was not kept, and why', async () => {
    const { sessions, respond } = application({ warnings: false })
    const visitor = new Visitor(respond, { origin: 'http://app.example' })
    await visitor.post('/sign-in', { form: { name: 'ada' } })
    expect((await visitor.session(sessions)).isNew).toBe(true)
    expect(visitor.refused).toEqual([
      {
        setCookie: expect.stringMatching(/^__Host-sid=/),
        because: 'Secure needs https, and http://app.example is plain http',
      },
    ])
  })

  it('has a copy, such as a thief has, that goes its own way', async () => {
    const { sessions, respond } = application()
    const ada = await new Visitor(respond).signIn(sessions, { user: 'ada' })
    const thief = ada.clone()
    expect(thief.cookie()).toBe(ada.cookie())
    await ada.post('/sign-in', { form: { name: 'ada' } })
    expect(thief.cookie()).not.toBe(ada.cookie())
    expect(await (await thief.get('/')).json()).toEqual({})
  })

  it('forgets what a browser forgets when it is closed, and no more', async () => {
    const { sessions, respond } = application({ cookie: { persistent: false } })
    const visitor = await new Visitor(respond).signIn(sessions, { user: 'ada' })
    visitor.setCookie('theme=dark; Max-Age=60')
    visitor.reopenBrowser()
    expect(visitor.cookie()).toBe('theme=dark')
    visitor.clearCookies()
    expect(visitor.cookie()).toBe('')
  })

  it('sees the session of a path', async () => {
    const { sessions, respond } = application({ cookie: { path: '/admin' } })
    const visitor = await new Visitor(respond).signIn(sessions, { user: 'ada' })
    expect((await visitor.session(sessions)).isNew).toBe(true)
    expect((await visitor.session(sessions, '/admin')).get('user')).toBe('ada')
  })

  it('is on many hosts of one application', async () => {
    const { sessions, respond } = application({
      cookie: { domain: (request) => request && new URL(request.url).hostname.split('.').slice(-2).join('.') },
    })
    const visitor = new Visitor(respond)
    await visitor.post('https://www.app.example/sign-in', { form: { name: 'ada' } })
    const user = async (url: string) => (await (await visitor.get(url)).json()).user
    expect([await user('https://shop.app.example/'), await user('https://other.example/')]).toEqual(['ada', undefined])
    expect((await visitor.session(sessions)).get('user')).toBe('ada')
  })

  it('keeps cookies by the clock', async () => {
    const clock = new TestClock()
    const visitor = new Visitor(() => setting('a=1; Max-Age=60'), { now: clock.now })
    await visitor.get('/')
    clock.advance(60)
    expect(visitor.cookie()).toBe('')
  })
})

describe('a visit', () => {
  const ask = async (visitor: Promise<Response>): Promise<Awaited<ReturnType<Response['json']>>> =>
    (await visitor).json()

  it.each(['get', 'post', 'put', 'patch', 'delete'] as const)('has the method of its name: %s', async (method) => {
    const answer = await ask(new Visitor(echo)[method]('/x?y=z'))
    expect(answer).toMatchObject({ method: method.toUpperCase(), url: 'https://app.example/x?y=z' })
    // Browsers say where such a request comes from, and what guards against forged ones asks.
    expect(answer.headers.origin).toBe(method === 'get' ? undefined : 'https://app.example')
  })

  it('has a body of JSON, of a form, or of its own', async () => {
    const visitor = new Visitor(echo)
    const json = await ask(visitor.post('/', { json: { a: [1] } }))
    expect([json.body, json.headers['content-type']]).toEqual(['{"a":[1]}', 'application/json'])
    const form = await ask(visitor.put('/', { form: { a: 'b c', d: ['&', '2'] } }))
    expect([form.body, form.headers['content-type']]).toEqual([
      'a=b+c&d=%26&d=2',
      expect.stringMatching(/^application\/x-www-form-urlencoded/),
    ])
    const own = await ask(visitor.patch('/', { body: 'text', headers: { 'content-type': 'text/x' } }))
    expect([own.body, own.headers['content-type']]).toEqual(['text', 'text/x'])
    const streaming = await ask(visitor.post('/', { body: new Blob(['streamed']).stream() }))
    expect(streaming.body).toBe('streamed')
    const merge = { json: {}, headers: { 'content-type': 'application/merge-patch+json' } }
    expect((await ask(visitor.patch('/', merge))).headers['content-type']).toBe('application/merge-patch+json')
  })

  it.each([
    [{ json: {}, form: {} }, 'json or form, not both'],
    [{ json: {}, body: '' }, 'a body, or json, or form'],
    [{ form: {}, body: 'x' }, 'a body, or json, or form'],
  ])('has one body: %j', async (init, message) => {
    await expect(new Visitor(echo).post('/', init)).rejects.toThrow(message)
  })

  it('takes a Request, or an address, with headers of the visitor’s', async () => {
    const visitor = new Visitor(echo, { headers: { 'user-agent': 'Test', 'x-a': '1' } })
    visitor.setCookie('a=1')
    const request = new Request('https://app.example/x', { method: 'PUT', body: 'text', headers: { 'x-a': '2' } })
    expect(await ask(visitor.fetch(request))).toMatchObject({
      url: 'https://app.example/x',
      method: 'PUT',
      body: 'text',
      headers: { cookie: 'a=1', 'user-agent': 'Test', 'x-a': '2' },
    })
    const elsewhere = await ask(visitor.fetch(new URL('https://other.example/')))
    expect([elsewhere.url, elsewhere.headers.cookie]).toEqual(['https://other.example/', undefined])
  })

  it('visits the address that a URL of another class is, such as that of jsdom', () => {
    class ForeignUrl {
      readonly href = 'https://shop.example/'
      toString(): string {
        return this.href
      }
    }
    expect(() => new Visitor(new ForeignUrl() as URL)).not.toThrow()
  })

  it('sends a Cookie header of its own in place of the visitor’s, and keeps what comes', async () => {
    const visitor = new Visitor((request) => setting(`seen=${request.headers.get('cookie')?.length}`))
    visitor.setCookie('a=1')
    await visitor.get('/', { headers: { cookie: 'forged=yes' } })
    expect(visitor.cookie()).toBe('a=1; seen=10')
  })

  it('with credentials: omit neither sends nor keeps cookies', async () => {
    const asked: (string | null)[] = []
    const visitor = new Visitor((request) => {
      asked.push(request.headers.get('cookie'))
      return setting('b=2')
    })
    visitor.setCookie('a=1')
    await visitor.get('/', { credentials: 'omit' })
    await visitor.get('/', { credentials: 'omit', headers: { cookie: 'c=3' } })
    expect([asked, visitor.cookie()]).toEqual([[null, 'c=3'], 'a=1'])
  })

  it('keeps all cookies of an answer, and removes', async () => {
    let lines = ['a=1; Path=/', 'b=2; Path=/x', 'c=3; Expires=Fri, 31 Dec 9999 00:00:00 GMT']
    const visitor = new Visitor(() => setting(...lines))
    await visitor.get('/')
    expect([visitor.cookie(), visitor.cookie('/x')]).toEqual(['a=1; c=3', 'b=2; a=1; c=3'])
    lines = ['a=; Path=/; Max-Age=0']
    await visitor.get('/')
    expect(visitor.cookies.map(({ name }) => name)).toEqual(['b', 'c'])
  })

  it('whose handler throws, throws', async () => {
    const visitor = new Visitor(() => {
      throw new RangeError('mine')
    })
    await expect(visitor.get('/')).rejects.toThrow(RangeError)
  })

  it('says so where the platform lets nobody set cookies, as a browser does', async () => {
    const { Request: Own } = globalThis
    globalThis.Request = class extends Own {
      override get headers(): Headers {
        return new Headers()
      }
    }
    try {
      const visitor = new Visitor(echo)
      visitor.setCookie('a=1')
      await expect(visitor.get('/')).rejects.toThrow('this Request drops its Cookie header')
    } finally {
      globalThis.Request = Own
    }
  })

  it('that is answered with nothing says so', async () => {
    const visitor = new Visitor((() => undefined) as unknown as () => Response)
    await expect(visitor.get('/x')).rejects.toThrow('GET /x was answered with no Response')
  })
})

describe('a visitor that follows redirects', () => {
  const location = (to: string, status = 303, ...lines: string[]): Response => {
    const { headers } = setting(...lines)
    headers.set('location', to)
    return new Response(null, { status, headers })
  }

  it('lands where a browser would, with the cookies of each answer', async () => {
    const { respond } = application()
    const visitor = new Visitor(respond, { redirect: 'follow' })
    const response = await visitor.post('/sign-in', { form: { name: 'ada' } })
    expect(await response.json()).toEqual({ user: 'ada', flash: 'Welcome, ada' })
    expect(visitor.url?.pathname).toBe('/')
  })

  it('does so for one visit only, if that is asked for', async () => {
    const visitor = new Visitor((request) => (request.url.endsWith('/a') ? location('/b') : new Response('b')))
    expect((await visitor.get('/a')).status).toBe(303)
    expect(await (await visitor.get('/a', { redirect: 'follow' })).text()).toBe('b')
    const following = new Visitor((request) => visitor.fetch(request), { redirect: 'follow' })
    expect((await following.get('/a', { redirect: 'manual' })).status).toBe(303)
  })

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [302, 'PUT', 'PUT', 'body'],
    [307, 'POST', 'POST', 'body'],
    [308, 'POST', 'POST', 'body'],
  ])('after a %i to a %s it is a %s', async (status, method, then, body) => {
    const visitor = new Visitor((request) => (request.url.endsWith('/a') ? location('b?c', status) : echo(request)))
    const init = {
      method,
      body: 'body',
      headers: { 'content-type': 'text/x', 'x-a': '1' },
      redirect: 'follow' as const,
    }
    const answer = await (await visitor.fetch('/x/a', init)).json()
    expect(answer).toMatchObject({ url: 'https://app.example/x/b?c', method: then, body })
    expect([answer.headers['x-a'], answer.headers['content-type'], answer.headers.origin]).toEqual(
      then === 'GET' ? ['1', undefined, undefined] : ['1', 'text/x', 'https://app.example'],
    )
  })

  it('sends a Cookie header of its own to the first address only', async () => {
    const visitor = new Visitor((request) => (request.url.endsWith('/a') ? location('/b') : echo(request)))
    const init = { headers: { cookie: 'forged=yes' }, redirect: 'follow' as const }
    expect((await (await visitor.get('/a', init)).json()).headers.cookie).toBeUndefined()
  })

  it.each(['https://accounts.example/authorize', 'http://app.example/', '//other.example/'])(
    'leaves the origin for nobody: %s',
    async (to) => {
      const visitor = new Visitor(() => location(to, 302), { redirect: 'follow' })
      const response = await visitor.get('/a')
      expect([response.status, response.headers.get('location')]).toEqual([302, to])
    },
  )

  it('gives up where there is no end', async () => {
    let visits = 0
    const visitor = new Visitor(() => location(`/${++visits}`), { redirect: 'follow' })
    await expect(visitor.get('/')).rejects.toThrow('more than 20 redirects, the last one to https://app.example/21')
  })
})

describe('what a visitor asks', () => {
  it('is a handler, an object that has one, or an address', async () => {
    const app = {
      greeting: 'hello',
      fetch(_request: Request) {
        return new Response(this.greeting)
      },
    }
    expect(await (await new Visitor(app).get('/')).text()).toBe('hello')
    expect(await (await new Visitor((request) => app.fetch(request)).get('/')).text()).toBe('hello')
    expect(new Visitor('http://127.0.0.1:1').cookies).toEqual([])
  })

  it('gets what its platform passes behind the request', async () => {
    const worker = (_request: Request, env: { name: string }, ctx: { waitUntil: () => void }): Response =>
      Response.json([env.name, typeof ctx.waitUntil])
    const visitor = new Visitor(worker, { args: [{ name: 'test' }, { waitUntil: () => {} }] })
    expect(await (await visitor.get('/')).json()).toEqual(['test', 'function'])
    expect(await (await visitor.clone().get('/')).json()).toEqual(['test', 'function'])
  })

  it.each([
    ['nothing', () => new Visitor(undefined as unknown as string), /needs a fetch handler such as app.fetch/],
    ['an object without one', () => new Visitor({} as unknown as string), /needs a fetch handler/],
    [
      'an application of Node',
      () => new Visitor(Object.assign(echo.bind(undefined), { listen: () => {} })),
      /was given an application of Node: let it listen/,
    ],
    ['a path', () => new Visitor('/account'), /origin must be an address such as "https:\/\/app.example"/],
    ['an origin that is none', () => new Visitor(echo, { origin: 'app.example' }), /origin must be an address/],
    [
      'an option that there is not',
      () => new Visitor(echo, { follow: true } as object),
      /follow is no option: there are/,
    ],
    ['a clock that is none', () => new Visitor(echo, { now: 5 as unknown as () => number }), /now must be a function/],
    [
      'redirects that are unknown',
      () => new Visitor(echo, { redirect: 'error' as 'follow' }),
      /must be manual or follow/,
    ],
  ])('is not %s', (_, make, message) => {
    expect(make).toThrow(message)
  })
})
