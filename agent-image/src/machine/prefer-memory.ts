// A module of its own, imported first: while the other modules load, functions are already hot enough to be compiled.
import { preferMemory } from './v8-memory.js';

preferMemory();
