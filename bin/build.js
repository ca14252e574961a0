#!/usr/bin/env node
import { prepare } from './prepare.js';

await prepare();
