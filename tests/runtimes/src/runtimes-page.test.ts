import { expect, it } from 'vitest'
import { runtimesPage } from './runtimes-page.js'

it('docs/runtimes.md says what is tested where, as `pnpm test:runtimes --table` writes it', () => {
  const { current, updated } = runtimesPage()
  expect(current).toBe(updated)
})
