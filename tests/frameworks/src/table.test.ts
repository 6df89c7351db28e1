import { readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderOf } from './application.js'
import { frameworks } from './frameworks.js'
import { readTable, table } from './table.js'

describe('the table of docs/frameworks.md', () => {
  it('has each framework with its version and its lines, in the order of the list, even where none of them ran', () => {
    expect(readTable()).toBe(table(frameworks, new Map()))
  })

  it('tells of a run for each', () => {
    expect(readTable()).not.toContain('not run yet')
  })
})

describe('the list of frameworks', () => {
  it('has each application that there is', () => {
    const [first] = frameworks
    const folders = readdirSync(dirname(folderOf(first as (typeof frameworks)[number])), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
      .map(({ name }) => name)
    expect([...new Set(frameworks.map(({ folder }) => folder))].sort()).toEqual(folders.sort())
  })
})
