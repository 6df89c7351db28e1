import { describe, expect, it } from 'vitest'
import { MemoryStore, managerOf, SessionManager } from './index.js'
import { secret } from './testing/secret.js'

interface Env {
  DB?: object
  SECRET?: string
}

/** How often the function is called for these environments. */
function timesCalled(...environments: unknown[]): number {
  let called = 0
  const find = managerOf((_env: unknown) => {
    called++
    return { store: new MemoryStore(), secret }
  })
  for (const env of environments) find(env, env)
  return called
}

describe('a function of the environment is called', () => {
  const DB = {}

  it('once for the same object', () => {
    const env = { DB }
    expect(timesCalled(env, env, env)).toBe(1)
  })

  it('once for objects that hold the same', () => {
    expect(timesCalled({ DB, SECRET: 'a' }, { DB, SECRET: 'a' })).toBe(1)
  })

  it('anew for another binding, another value and one more', () => {
    expect(timesCalled({ DB }, { DB: {} }, { DB, SECRET: 'a' }, { DB, SECRET: 'b' })).toBe(4)
  })

  it('once where there is no environment', () => {
    expect(timesCalled(undefined, undefined)).toBe(1)
    expect(timesCalled({}, {}, undefined)).toBe(1)
  })

  it('once if it takes none, whatever comes', () => {
    let called = 0
    const find = managerOf(() => {
      called++
      return { store: new MemoryStore(), secret }
    })
    for (let i = 0; i < 20; i++) find({ request: i })
    expect(called).toBe(1)
  })

  const make = (secret: unknown): { store: MemoryStore; secret: string } => {
    called++
    return { store: new MemoryStore(), secret: secret as string }
  }
  let called = 0
  /** How a function can be written that takes the environment, though its `length` is 0. */
  const taking: [string, (...args: { SECRET: string }[]) => ReturnType<typeof make>][] = [
    ['rest parameters', (...args) => make(args[0]?.SECRET)],
    ['a default', (env = { SECRET: '' }) => make(env.SECRET)],
    ['a default for a part', ({ SECRET } = { SECRET: '' }) => make(SECRET)],
    ['no name at all', (...[{ SECRET } = { SECRET: '' }]) => make(SECRET)],
    [
      'the arguments object',
      function () {
        // biome-ignore lint/complexity/noArguments: this is what is tested
        return make((arguments[0] as { SECRET: string }).SECRET)
      },
    ],
    ['bound ones', ((...args: { SECRET: string }[]) => make(args[0]?.SECRET)).bind(undefined)],
    ['a method’s default', { sessions: (env = { SECRET: '' }) => make(env.SECRET) }.sessions],
  ]
  it.each(taking)('once for each environment where it takes it by %s', (_name, source) => {
    called = 0
    expect(source.length).toBe(0)
    const find = managerOf(source)
    const [one, two] = [{ SECRET: secret }, { SECRET: `another ${secret}` }]
    const managers = [find(one, one), find(two, two)]
    expect(managers[0]).not.toBe(managers[1])
    expect([find({ ...one }, one), find(two, two)]).toEqual(managers)
    expect(called).toBe(2)
  })

  const takingNone: [string, () => ReturnType<typeof make>][] = [
    ['an arrow function', () => make(secret)],
    [
      'an arrow function with a body',
      () => {
        const taken = [make(secret)]
        return taken[0] as ReturnType<typeof make>
      },
    ],
    [
      'a function with a name',
      function sessions$1() {
        return make(secret)
      },
    ],
    [
      'a method',
      {
        sessions() {
          return make(secret)
        },
      }.sessions,
    ],
  ]
  it.each(takingNone)('once where it is %s without parameters', (_name, source) => {
    called = 0
    const find = managerOf(source)
    for (let i = 0; i < 20; i++) find({ request: i })
    expect(called).toBe(1)
  })

  const request = (): object => ({})
  const platforms: [string, (bindings: Env) => object][] = [
    ['Node', (env) => ({ ...env, incoming: request(), outgoing: request() })],
    ['Node, for a WebSocket', (env) => ({ ...env, incoming: request(), outgoing: undefined, wss: request() })],
    ['Deno', (env) => ({ ...env, remoteAddr: request(), completed: Promise.resolve() })],
    ['Pages', (env) => ({ ...env, eventContext: request() })],
    ['AWS Lambda', (env) => ({ ...env, event: request(), requestContext: request(), lambdaContext: request() })],
    ['AWS Lambda, streaming', (env) => ({ ...env, event: request(), requestContext: request(), context: request() })],
    [
      'Lambda@Edge',
      (env) => ({
        ...env,
        event: request(),
        context: request(),
        callback: request,
        config: request(),
        request: request(),
        response: request(),
      }),
    ],
  ]
  it.each(platforms)('once on %s, where each request has another object, and by what else is in it', (_name, make) => {
    expect(timesCalled(...Array.from({ length: 20 }, () => make({})))).toBe(1)
    expect(timesCalled(...Array.from({ length: 20 }, () => make({ DB })))).toBe(1)
    expect(timesCalled(make({ DB }), make({ DB: {} }))).toBe(2)
  })

  it('once on Netlify, whose context is all there is', () => {
    expect(timesCalled({ context: {} }, { context: {} })).toBe(1)
  })

  it('anew for bindings that are merely called as those of a platform', () => {
    for (const name of ['config', 'context', 'request', 'event', 'callback', 'incoming', 'remoteAddr', 'wss']) {
      expect([name, timesCalled({ DB, [name]: 'tenant a' }, { DB, [name]: 'tenant b' })]).toEqual([name, 2])
    }
  })

  class Bindings {
    readonly #secret: string
    constructor(secret: string) {
      this.#secret = secret
    }
    get SECRET(): string {
      return this.#secret
    }
  }
  const hidden: [string, (SECRET: string) => object][] = [
    ['getters of a class', (SECRET) => new Bindings(SECRET)],
    ['inherited properties', (SECRET) => Object.create({ SECRET })],
    ['properties that are not enumerable', (SECRET) => Object.defineProperty({}, 'SECRET', { value: SECRET })],
    ['symbols', (SECRET) => ({ DB, [Symbol.for('secret')]: SECRET })],
  ]
  it.each(hidden)('once for each object whose bindings are %s', (_name, make) => {
    const [one, two] = [make('a'), make('b')]
    expect(timesCalled(one, two, one, two)).toBe(2)
  })

  it.each<[string, () => object]>([
    ['waitUntil alone, as at the edge', () => ({ waitUntil: () => {} })],
    ['what Node has, as of @whatwg-node/server', () => ({ req: {}, res: {}, waitUntil: () => {} })],
    ['waitUntil beside bindings', () => ({ waitUntil: () => {}, passThroughOnException: () => {}, DB })],
  ])('once for objects that are new with each request and hold %s', (_name, make) => {
    expect(timesCalled(make(), make(), make())).toBe(1)
  })

  it('and says so once where each request has another environment', () => {
    const { warn } = console
    const said: unknown[] = []
    console.warn = (text) => void said.push(text)
    try {
      timesCalled(...Array.from({ length: 8 }, (_, n) => ({ n })))
      expect(said).toEqual([])
      timesCalled(...Array.from({ length: 20 }, (_, n) => ({ n })))
      timesCalled(...Array.from({ length: 20 }, (_, n) => new Bindings(String(n))))
    } finally {
      console.warn = warn
    }
    const text = expect.stringMatching(/has made managers for 9 env objects\. .* make the manager once, outside/)
    expect(said).toEqual([text, text])
  })

  it('and says nothing where it gives one manager each time, or with warnings: false', () => {
    const { warn } = console
    const said: unknown[] = []
    console.warn = (text) => void said.push(text)
    try {
      const options = { store: new MemoryStore(), secret }
      const manager = new SessionManager(options)
      const [same, silent] = [
        managerOf((_env: unknown) => manager),
        managerOf((_env: unknown) => ({ ...options, warnings: false })),
      ]
      for (let n = 0; n < 20; n++) for (const find of [same, silent]) find({ n }, { n })
    } finally {
      console.warn = warn
    }
    expect(said).toEqual([])
  })

  const ofTheRequest: unique symbol = Symbol('of the request')
  class Event {
    readonly sourcePage = '/proxy'
    readonly [ofTheRequest] = {}
    waitUntil(): void {}
  }
  it('once for events and contexts, which are new with each request', () => {
    expect(timesCalled(new Event(), new Event(), new Event())).toBe(1)
  })

  it('anew for hidden bindings beside what marks a platform', () => {
    const make = (SECRET: string): object => Object.assign(Object.create({ SECRET }), { incoming: {}, outgoing: {} })
    expect(timesCalled(make('a'), make('b'))).toBe(2)
  })

  it('once where bindings have no prototype', () => {
    const make = (): object => Object.assign(Object.create(null), { DB })
    expect(timesCalled(make(), make())).toBe(1)
  })

  it('once for what Deno gives, whose data are getters', () => {
    class Info {
      get remoteAddr(): object {
        return {}
      }
    }
    expect(timesCalled(new Info(), new Info())).toBe(1)
  })

  it('again after it threw', () => {
    let isReady = false
    const find = managerOf((_env: unknown) => {
      if (!isReady) throw new Error('not ready')
      return { store: new MemoryStore(), secret }
    })
    const env = {}
    expect(() => find(env, env)).toThrow('not ready')
    isReady = true
    expect(find(env, env)).toBeInstanceOf(SessionManager)
  })
})

describe('what can be no sessions', () => {
  const promised = Promise.resolve({ store: new MemoryStore(), secret })
  const cases: [string, unknown, RegExp][] = [
    ['nothing', undefined, /sessions is missing: give a SessionManager/],
    ['null', null, /sessions is missing/],
    ['a text', 'redis://localhost', /sessions is missing/],
    ['a promise', promised, /sessions is a promise: await/],
    ['the class', SessionManager, /sessions is the class: give an instance/],
    ['a store', new MemoryStore(), /secret is missing|store/],
  ]
  it.each(cases)('is a TypeError that says what to do: %s', (_name, source, message) => {
    expect(() => managerOf(source as never)).toThrow(TypeError)
    expect(() => managerOf(source as never)).toThrow(message)
  })

  it('is one as well where a function returns it', () => {
    for (const [, made, message] of cases.filter(([name]) => name !== 'the class')) {
      expect(() => managerOf((_env: unknown) => made as never)({}, {})).toThrow(message)
    }
  })

  it('is none that another copy of this package has made', () => {
    const manager = new SessionManager({ store: new MemoryStore(), secret })
    const another = { handle: manager.handle.bind(manager) } as unknown as typeof manager
    expect(managerOf(another)(undefined)).toBe(another)
  })
})
