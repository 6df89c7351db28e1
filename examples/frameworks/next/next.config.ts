import type { NextConfig } from 'next'

// The types are checked by `typecheck`.
const config: NextConfig = { typescript: { ignoreBuildErrors: true } }

export default config
