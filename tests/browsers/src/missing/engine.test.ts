import { expect, it } from 'vitest'
import { engine } from '../browser.js'
import { missingFor } from '../engines/installed.js'

// Runs in place of all other tests where an engine is missing. See vitest.config.ts.
it.skipIf(process.env.CI === undefined)(`${engine}: nothing is tested. ${missingFor(engine)}`, () => {
  expect(missingFor(engine)).toBeUndefined()
})
