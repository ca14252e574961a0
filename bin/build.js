#!/usr/bin/env node
import { prepare, requireCompiler } from './prepare.js';

requireCompiler();
await prepare();
