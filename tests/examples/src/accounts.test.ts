import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startNode } from './node-accounts.js'
import type { Running } from './running.js'
import { type Answer, Visitor } from './visitor.js'
import { startWorkers } from './workers-accounts.js'

/** How long it may take until the application runs, in milliseconds. */
const STARTING = 60_000

const PHONE = 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Version/19.0 Safari/604.1'

const passwordOf = (name: string): string => `correct horse of ${[...name].reverse().join('')}`

describe.each([
  ['on Node, with a SQLite file', startNode],
  ['in workerd, with D1', startWorkers],
])('accounts %s', (_where, start) => {
  let running: Running
  let count = 0
  let address = '192.0.2.0'
  let addresses = 0

  beforeAll(async () => {
    running = await start()
    const first = await Promise.all([0, 1, 2, 3].map(() => new Visitor(running.origin).get('/')))
    expect(first.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    // The first is the admin.
    await signUp(new Visitor(running.origin), 'root')
  }, STARTING)
  afterAll(() => running?.stop())

  /** Each test is at home in a place of its own, so that its tries are. Cloudflare tells the address like this. */
  beforeEach(() => {
    address = `192.0.2.${++addresses}`
  })
  /** `page`: where its forms are. */
  const visitor = (userAgent?: string, page = '/'): Visitor =>
    new Visitor(running.origin, userAgent, { 'cf-connecting-ip': address, referer: running.origin + page })

  /** A new member for each test, so that none minds what the others do. */
  async function newMember(): Promise<{ name: string; here: Visitor }> {
    const name = `member-${++count}`
    const here = visitor()
    await signUp(here, name)
    return { name, here }
  }

  it('signs up, welcomes once, and shows the members’ page to members alone', async () => {
    const { name, here } = await newMember()
    const first = await here.get('/members')
    expect(first.text).toContain('Welcome to the club!')
    expect(first.text).toContain(`<strong>${name}</strong>`)
    expect(first.headers.get('cache-control')).toBe('no-store')
    expect((await here.get('/members')).text).not.toContain('Welcome to the club!')
    expect(await visitor().get('/members')).toMatchObject({ status: 303, location: '/sign-in?next=%2Fmembers' })
  })

  it('says what is wrong with a new name or password, and gives no name twice', async () => {
    const { name } = await newMember()
    const wrong = async (fields: Record<string, string>): Promise<string | undefined> => {
      const { status, text } = await visitor().post('/sign-up', fields)
      expect(status).toBe(422)
      return text.match(/role="alert">([^<]+)</)?.[1]
    }
    const password = 'correct horse battery'
    expect(await wrong({ name: 'a', password })).toBe('A name has 2 to 24 characters.')
    expect(await wrong({ name: '<b>bob</b>', password })).toMatch(/^Only letters/)
    expect(await wrong({ name: name.toUpperCase(), password })).toBe('Somebody has this name already.')
    expect(await wrong({ name: 'somebody', password: 'short' })).toMatch(/^That is too short/)
    expect(await wrong({ name: 'somebody', password: 'I am SOMEBODY' })).toMatch(/^Your name/)
    expect(await wrong({})).toBe('A name has 2 to 24 characters.')
  })

  it('signs in whoever knows the password, and leads back to where the visitor was', async () => {
    const { name } = await newMember()
    const there = visitor()
    const { location } = await there.get('/account')
    expect(location).toBe('/sign-in?next=%2Faccount')
    expect((await there.get(location as string)).text).toContain('name="next" value="/account"')
    const wrong = await there.post('/sign-in', { name, password: 'not this one', next: '/account' })
    expect([wrong.status, wrong.text]).toEqual([401, expect.stringContaining('Wrong name or password.')])
    expect(await signIn(there, name, { next: '/account' })).toMatchObject({ status: 303, location: '/account' })
    expect((await there.get('/account')).text).toContain(`Welcome back, ${name}!`)
  })

  it('leads nobody to another site after a sign-in', async () => {
    const { name } = await newMember()
    const here = visitor()
    for (const next of ['https://evil.test/', '//evil.test', '/\\evil.test', '/%09/evil.test', 'javascript:alert(1)']) {
      const page = await here.get(`/sign-in?next=${encodeURIComponent(next)}`)
      expect([next, page.text.match(/name="next" value="(.*?)"/)?.[1]]).toEqual([next, '/members'])
    }
    expect((await signIn(here, name, { next: 'https://evil.test/' })).location).toBe('/members')
  })

  it('lets the cookie outlive the browser where "remember me" is ticked', async () => {
    const { name } = await newMember()
    const maxAge = (answer: Answer): string | undefined =>
      answer.headers
        .getSetCookie()
        .join()
        .match(/Max-Age=(\d+)/)?.[1]
    expect(maxAge(await signIn(visitor(), name))).toBeUndefined()
    expect(maxAge(await signIn(visitor(), name, { remember: 'on' }))).toBe(String(14 * 86_400))
  })

  it('takes nothing from another origin', async () => {
    const { here } = await newMember()
    expect((await here.post('/account/sign-out-everywhere', {}, 'https://evil.test')).status).toBe(403)
    expect((await here.get('/account')).status).toBe(200)
  })

  it('shows the devices, and signs one of them out', async () => {
    const { name, here } = await newMember()
    const phone = visitor(PHONE)
    await signIn(phone, name)
    const { text } = await here.get('/account')
    expect([...text.matchAll(/<strong>(\w+ on \w+)/g)].map(([, label]) => label)).toEqual([
      'Firefox on Linux',
      'Safari on iPhone',
    ])
    const ids = [...text.matchAll(/name="id" value="([\w-]+)"/g)].map(([, id]) => id as string)
    expect(ids).toHaveLength(1)
    await here.post('/account/sign-out-device', { id: ids[0] as string })
    expect((await here.get('/account')).text).toContain('That device is signed out.')
    expect((await phone.get('/members')).location).toBe('/sign-in?next=%2Fmembers')
  })

  it('signs out no device of somebody else', async () => {
    const { here } = await newMember()
    const other = await newMember()
    const second = visitor()
    await signIn(second, other.name)
    const [, id = ''] = (await second.get('/account')).text.match(/name="id" value="([\w-]+)"/) ?? []
    await here.post('/account/sign-out-device', { id })
    expect((await here.get('/account')).text).toContain('You are not signed in on that device')
    expect((await other.here.get('/members')).status).toBe(200)
  })

  it('signs out here, everywhere else, and everywhere', async () => {
    const { name, here } = await newMember()
    const [phone, tablet] = [visitor(PHONE), visitor()]
    const areIn = async (): Promise<boolean[]> =>
      Promise.all([here, phone, tablet].map(async (each) => (await each.get('/members')).status === 200))
    for (const each of [phone, tablet]) await signIn(each, name)
    await phone.post('/sign-out')
    expect([await areIn(), phone.cookie]).toEqual([[true, false, true], ''])
    await here.post('/account/sign-out-others')
    expect(await areIn()).toEqual([true, false, false])
    await signIn(phone, name)
    await here.post('/account/sign-out-everywhere')
    expect(await areIn()).toEqual([false, false, false])
  })

  it('ends the oldest of six sign-ins', async () => {
    const { name, here } = await newMember()
    const others = [0, 1, 2, 3].map(() => visitor())
    for (const each of others) await signIn(each, name)
    expect((await here.get('/members')).status).toBe(200)
    await signIn(visitor(), name)
    expect((await here.get('/members')).status).toBe(303)
    for (const each of others) expect((await each.get('/members')).status).toBe(200)
  })

  it('changes the password, which ends the other sign-ins and goes on here under another id', async () => {
    const { name, here } = await newMember()
    const phone = visitor(PHONE)
    await signIn(phone, name)
    const before = here.cookie
    expect(await here.post('/account/password', { password: 'short' })).toMatchObject({ status: 422 })
    expect(await here.post('/account/password', { password: 'battery staple' })).toMatchObject({ location: '/account' })
    expect((await here.get('/account')).text).toContain('You have a new password')
    expect(here.cookie).not.toBe(before)
    expect((await phone.get('/members')).status).toBe(303)
    expect((await signIn(phone, name)).status).toBe(401)
    expect((await phone.post('/sign-in', { name, password: 'battery staple' })).status).toBe(303)
  })

  it('limits the tries, of right passwords too, and of one name at one place alone', async () => {
    const { name: other } = await newMember()
    const { here, wrong, right, tries } = await withinOneMinute(async () => {
      const { name, here } = await newMember()
      let tries = 0
      let wrong: Answer
      do wrong = await visitor().post('/sign-in', { name, password: 'not this one' })
      while (wrong.status === 401 && ++tries < 20)
      return { here, wrong, right: await signIn(visitor(), name), tries }
    })
    expect([tries, wrong.status, right.status]).toEqual([10, 429, 429])
    expect(Number(wrong.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(wrong.text).toMatch(/too many tries. Wait (a minute|\d+ minutes)/)
    expect((await signIn(visitor(), other)).status).toBe(303)
    expect((await here.get('/members')).status).toBe(200)
  })

  it('limits the tries of the password that is asked for once more', async () => {
    const tried = await withinOneMinute(async () => {
      const { here } = await newMember()
      const seen: number[] = []
      for (let tries = 0; tries < 11; tries++)
        seen.push((await here.post('/confirm', { password: 'not this one' })).status)
      return { seen, page: await here.get('/members') }
    })
    expect(tried.seen).toEqual([...Array(10).fill(401), 429])
    // Who was signed in still is.
    expect(tried.page.status).toBe(200)
  })

  it('is safe from session fixation: a cookie that was planted opens nothing after the sign-in', async () => {
    const { name } = await newMember()
    const { here: thief } = await newMember()
    const victim = visitor()
    victim.cookie = thief.cookie
    await signIn(victim, name)
    const answers = await Promise.all([0, 1, 2, 3, 4].map(() => thief.get('/members')))
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303, 303, 303])
    expect((await victim.get('/members')).text).toContain(`Welcome back, ${name}!`)
  })

  it('leads a person whose form is refused to the sign-in, and back to the form', async () => {
    const { name, here } = await newMember()
    await signIn(here, name)
    const phone = visitor(PHONE, '/account')
    await signIn(phone, name)
    await here.post('/account/sign-out-others')
    expect(await phone.post('/account/sign-out-others')).toMatchObject({
      status: 303,
      location: '/sign-in?next=%2Faccount',
    })
    await signIn(phone, name, { remember: 'on' })
    const { location } = await phone.post('/account/password', { password: 'battery staple' })
    expect(location).toBe('/confirm?next=%2Faccount')
    expect((await here.post('/admin/impersonate', { id: '' })).text).toContain('That is not for you')
  })

  describe('an admin', () => {
    const asAdmin = async (): Promise<Visitor> => {
      const admin = visitor()
      await signIn(admin, 'root')
      return admin
    }
    const idOf = (name: string, { text }: Answer): string =>
      text.match(
        new RegExp(`name="id" value="([\\w-]+)">\\s*<button>See the site<span class="unseen"> as ${name}<`),
      )?.[1] ?? ''

    it('sees the site as somebody else, can’t do what is theirs alone, and comes back', async () => {
      const { name, here } = await newMember()
      const admin = await asAdmin()
      const id = idOf(name, await admin.get('/admin'))
      expect(await admin.post('/admin/impersonate', { id })).toMatchObject({ status: 303, location: '/members' })
      const seen = await admin.get('/members')
      expect(seen.text).toContain(`root, you see the site as <strong>${name}</strong>`)
      expect((await admin.get('/admin')).status).toBe(403)
      expect((await admin.get('/account/password')).text).toContain('Not as somebody else')
      expect((await admin.post('/account/password', { password: 'battery staple' })).status).toBe(403)
      await admin.post('/account/sign-out-everywhere')
      expect((await here.get('/members')).status).toBe(200)
      await admin.post('/admin/stop')
      expect((await admin.get('/admin')).text).toContain('You are yourself again.')
    })

    it('is nobody else, and no other admin is impersonated', async () => {
      const { here } = await newMember()
      expect((await here.get('/admin')).status).toBe(403)
      expect((await visitor().get('/admin')).location).toBe('/sign-in?next=%2Fadmin')
      const admin = await asAdmin()
      expect(idOf('root', await admin.get('/admin'))).toBe('')
      expect((await admin.post('/admin/impersonate', { id: 'nobody' })).status).toBe(404)
    })
  })

  it('takes no form that is larger than a form', async () => {
    expect((await visitor().post('/sign-in', { name: 'a'.repeat(20_000), password: 'any' })).status).toBe(413)
  })

  it('has a page for what is not there', async () => {
    const answer = await visitor().get('/nowhere')
    expect([answer.status, answer.text]).toEqual([404, expect.stringContaining('There is no such page')])
  })
})

async function signUp(visitor: Visitor, name: string): Promise<void> {
  expect(await visitor.post('/sign-up', { name, password: passwordOf(name) })).toMatchObject({ status: 303 })
}

function signIn(visitor: Visitor, name: string, fields: Record<string, string> = {}): Promise<Answer> {
  return visitor.post('/sign-in', { name, password: passwordOf(name), ...fields })
}

/** Cloudflare counts tries by the minute of the clock. What has begun in one and ended in the next is done anew. */
async function withinOneMinute<Result>(work: () => Promise<Result>): Promise<Result> {
  const minute = (): number => Math.floor(Date.now() / 60_000)
  for (;;) {
    const before = minute()
    const result = await work()
    if (minute() === before) return result
  }
}
