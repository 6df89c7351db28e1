import { describe, expect, it } from 'vitest'
import { DOCUMENTS, excerpts, missing } from './document.js'

describe.each(DOCUMENTS)('%s shows what is in the applications:', (document) => {
  const found = excerpts(document)

  it.each(found.map((excerpt, index) => [`${index + 1}. ${excerpt.file}`, excerpt] as const))(
    '%s',
    (_file, excerpt) => {
      expect(missing(excerpt)).toEqual([])
    },
  )

  it('a line that is not there is found', () => {
    const [excerpt] = found
    const lines = ['nobody has written this', ...(excerpt?.lines ?? [])]
    expect(missing({ file: excerpt?.file ?? '', lines })).toEqual(['nobody has written this'])
  })
})
