import { expect, it } from 'vitest'
import { readme } from './readme.js'

it('README.md says what is tested where, as `pnpm test:runtimes --table` writes it', () => {
  const { current, updated } = readme()
  expect(current).toBe(updated)
})
