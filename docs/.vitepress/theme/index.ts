import DefaultTheme from 'vitepress/theme'
import './accessible.css'
import './tables-and-diagrams.css'

export default DefaultTheme
