import { notFound, permanentRedirect, redirect } from 'next/navigation.js'
import { describe, expect, it } from 'vitest'
import { isThrownAnswer, responseOf } from './thrown-answer.js'

const thrownBy = (act: () => unknown): unknown => {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

const request = new Request('https://app.example/')

describe('an answer that Next throws', () => {
  it.each([
    ['redirect()', () => redirect('/'), [307, '/']],
    [
      'redirect() to a URL that has what Next separates by',
      () => redirect('/a;b;308;?c;', 'push'),
      [307, '/a;b;308;?c;'],
    ],
    ['permanentRedirect()', () => permanentRedirect('https://app.example/'), [308, 'https://app.example/']],
    ['notFound()', () => notFound(), [404, null]],
  ] as const)('is %s, and the response of it', (_name, act, answer) => {
    const thrown = thrownBy(act)
    const response = responseOf(thrown, request)
    expect([isThrownAnswer(thrown), [response?.status, response?.headers.get('location')]]).toEqual([true, answer])
  })
})

describe('a redirect', () => {
  const post = (body: BodyInit | null, headers: Record<string, string> = {}): Request =>
    new Request(request.url, { method: 'POST', body, headers })
  const form = { 'content-type': 'application/x-www-form-urlencoded' }

  it.each([
    ['that answers a form is a 303', post('a=b', form), 303],
    ['that answers a form with a file is a 303', post(new FormData()), 303],
    ['that answers an action is a 303', post(null, { 'next-action': 'x' }), 303],
    ['that answers another POST keeps its status', post('{}', { 'content-type': 'application/json' }), 307],
    ['that answers a GET keeps its status', new Request(request.url, { headers: form }), 307],
  ])('%s, as Next has it', (_name, answered, status) => {
    const thrown = thrownBy(() => redirect('/'))
    expect(responseOf(thrown, answered)?.status).toBe(status)
  })
})

describe('no answer is', () => {
  it.each([
    ['an error', new Error('NEXT_REDIRECT;replace;/;307;')],
    ['what leaves a page that is prerendered', Object.assign(new Error(), { digest: 'DYNAMIC_SERVER_USAGE' })],
    ['nothing', undefined],
    ['a text', 'NEXT_REDIRECT;replace;/;307;'],
    ['a digest that is no text', { digest: 404 }],
  ])('%s', (_name, thrown) => {
    expect([isThrownAnswer(thrown), responseOf(thrown, request)]).toEqual([false, undefined])
  })
})
