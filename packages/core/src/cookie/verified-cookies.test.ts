import { describe, expect, it } from 'vitest'
import { randomBytes } from './base64url.js'
import { VerifiedCookies } from './verified-cookies.js'

/** What a format does with a cookie that verified. Whether it is remembered from now on. */
function come(cookies: VerifiedCookies<string>, value: string, mac: Uint8Array): boolean {
  if (cookies.get(value) === undefined && cookies.admits(mac)) cookies.remember(value, `of ${value}`)
  return cookies.get(value) === `of ${value}`
}

function full(limit: number): VerifiedCookies<string> {
  const cookies = new VerifiedCookies<string>(limit)
  for (let i = 0; i < limit; i++) expect(come(cookies, `old ${i}`, randomBytes())).toBe(true)
  return cookies
}

describe('verified cookies', () => {
  it('are remembered at once, as long as there is room', () => {
    expect(full(100).get('old 0')).toBe('of old 0')
  })

  it('are remembered when they come a second time, once there is no room: in the place of the oldest', () => {
    const cookies = full(100)
    const mac = randomBytes()
    expect(come(cookies, 'new', mac)).toBe(false)
    expect(cookies.get('old 0')).toBe('of old 0')
    expect(come(cookies, 'new', mac)).toBe(true)
    expect([cookies.get('old 0'), cookies.get('old 1')]).toEqual([undefined, 'of old 1'])
  })

  it('are not pushed out by any number that come once', () => {
    const cookies = full(100)
    for (let i = 0; i < 10_000; i++) come(cookies, `passing ${i}`, randomBytes())
    for (let i = 0; i < 100; i++) expect(cookies.get(`old ${i}`)).toBe(`of old ${i}`)
  })

  it('of visitors who come in turn are all remembered in time, though many of them share a place', () => {
    const cookies = full(64)
    const visitors = Array.from({ length: 64 }, (_, i) => ({ value: `new ${i}`, mac: randomBytes() }))
    let rounds = 0
    while (visitors.some(({ value }) => cookies.get(value) === undefined) && rounds < 200) {
      for (const { value, mac } of visitors) come(cookies, value, mac)
      rounds++
    }
    expect(visitors.filter(({ value }) => cookies.get(value) === undefined)).toEqual([])
  })

  it.each([0, -1, Number.NaN])('are never remembered with a limit of %d', (limit) => {
    const cookies = new VerifiedCookies<string>(limit)
    const mac = randomBytes()
    for (let i = 0; i < 3; i++) expect(come(cookies, 'a', mac)).toBe(false)
  })

  it.each([0.5, 1.5, Infinity])('take a limit of %d', (limit) => {
    const cookies = new VerifiedCookies<string>(limit)
    const visitors = Array.from({ length: 20 }, (_, i) => ({ value: `${i}`, mac: randomBytes() }))
    for (const { value, mac } of visitors) {
      let visits = 0
      while (!come(cookies, value, mac) && visits < 100) visits++
      expect(cookies.get(value)).toBe(`of ${value}`)
    }
    const remembered = visitors.filter(({ value }) => cookies.get(value) !== undefined)
    expect(remembered.length).toBe(Math.min(Math.ceil(limit), 20))
  })
})
