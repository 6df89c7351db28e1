import { entries } from './entries.js'

it.each(Object.keys(entries))('%s can be imported', (name) => {
  expect(Object.keys(entries[name])).not.toEqual([])
})
