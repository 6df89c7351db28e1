import { notFound, permanentRedirect, redirect } from 'next/navigation.js'
import { describe, expect, it } from 'vitest'
import { isThrownAnswer, statusOf } from './thrown-answer.js'

const thrownBy = (act: () => unknown): unknown => {
  try {
    act()
  } catch (thrown) {
    return thrown
  }
  return undefined
}

describe('an answer that Next throws is', () => {
  it.each([
    ['redirect()', () => redirect('/'), undefined],
    ['permanentRedirect()', () => permanentRedirect('/'), undefined],
    ['notFound()', () => notFound(), 404],
  ])('%s', (_name, act, status) => {
    expect([isThrownAnswer(thrownBy(act)), statusOf(thrownBy(act))]).toEqual([true, status])
  })
})

describe('no answer is', () => {
  it.each([
    ['an error', new Error('NEXT_REDIRECT;replace;/')],
    ['what leaves a page that is prerendered', Object.assign(new Error(), { digest: 'DYNAMIC_SERVER_USAGE' })],
    ['nothing', undefined],
    ['a text', 'NEXT_REDIRECT;'],
    ['a digest that is no text', { digest: 404 }],
  ])('%s', (_name, thrown) => {
    expect([isThrownAnswer(thrown), statusOf(thrown)]).toEqual([false, undefined])
  })
})
