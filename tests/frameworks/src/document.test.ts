import { describe, expect, it } from 'vitest'
import { excerpts, missing } from './document.js'

describe('docs/frameworks.md shows what is in the applications:', () => {
  it.each(excerpts().map((excerpt, index) => [`${index + 1}. ${excerpt.file}`, excerpt] as const))(
    '%s',
    (_file, excerpt) => {
      expect(missing(excerpt)).toEqual([])
    },
  )

  it('a line that is not there is found', () => {
    const [excerpt] = excerpts()
    const lines = ['nobody has written this', ...(excerpt?.lines ?? [])]
    expect(missing({ file: excerpt?.file ?? '', lines })).toEqual(['nobody has written this'])
  })
})
