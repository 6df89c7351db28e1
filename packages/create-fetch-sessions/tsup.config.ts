import { defineConfig, type Options } from 'tsup'
import shared from '../tsup.config.js'

const config: Options = defineConfig({
  ...(shared as Options),
  entry: ['src/main.ts'],
  platform: 'node',
  dts: false,
}) as Options

export default config
