export { proxy } from './latchkey'
