import { describe, expect, it } from 'vitest'
import { BoundedMap } from './bounded-map.js'

const filled = (limit: number, ...keys: string[]): BoundedMap<number> => {
  const map = new BoundedMap<number>(limit)
  for (const [index, key] of keys.entries()) map.set(key, index)
  return map
}

/** Counts the iterators that it takes. */
class Counted extends BoundedMap<number> {
  declare iterators: number
  override keys() {
    this.iterators = (this.iterators ?? 0) + 1
    return super.keys()
  }
}

describe('a bounded map', () => {
  it('lets the oldest key go when there is no room for a new one', () => {
    expect([...filled(2, 'a', 'b', 'c', 'd').keys()]).toEqual(['c', 'd'])
  })

  it('lets none go for a key that it has', () => {
    expect([...filled(2, 'a', 'b', 'b', 'a')]).toEqual([
      ['a', 3],
      ['b', 2],
    ])
  })

  it('goes on with the oldest that is left where keys were deleted, came again, or were all cleared', () => {
    const map = filled(3, 'a', 'b', 'c', 'd')
    map.delete('b')
    map.set('e', 0).set('b', 0)
    expect([...map.keys()]).toEqual(['d', 'e', 'b'])
    map.clear()
    for (const key of ['f', 'g', 'h', 'i', 'j']) map.set(key, 0)
    expect([...map.keys()]).toEqual(['h', 'i', 'j'])
  })

  it('still lets the oldest key go after any number of deletions', () => {
    const map = filled(3, 'a', 'b', 'c')
    for (let round = 0; round < 100; round++) {
      for (const key of ['b', 'a', 'none', 'c']) {
        map.delete(key)
        if (key !== 'none') map.set(key, 0)
      }
      map.set(`${round}`, 0)
      expect([...map.keys()]).toEqual(['a', 'c', `${round}`])
      map.delete(`${round}`)
      map.set('b', 0)
    }
  })

  it('keeps no iterator that stood still while more keys were deleted than there are: it would keep old tables', () => {
    const map = new Counted(10)
    for (let round = 0; round < 1000; round++) {
      map.delete(`${round % 4}`)
      map.set(`${round % 4}`, round)
    }
    expect(map.iterators).toBeGreaterThan(100)
  })

  it('keeps its iterator as long as it only lets the oldest go: a new one would look for it among the deleted', () => {
    const map = new Counted(10)
    for (let round = 0; round < 1000; round++) map.set(`${round}`, round)
    expect(map.iterators).toBe(1)
  })

  it('stays empty without any room', () => {
    for (const limit of [0, -1, Number.NaN]) expect(filled(limit, 'a', 'b').size).toBe(0)
  })
})
