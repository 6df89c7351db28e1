import { defineHandler } from 'nitro'

export default defineHandler(() => 'the same for all')
