// The Pulumi program: the engine calls the function, and what it returns are the stack's outputs. Other programs import
// the components (components/index.ts).
export { deploy as default } from './stack/program.ts';
