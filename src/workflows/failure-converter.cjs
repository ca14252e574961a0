/**
 * Puts the messages and stacks of failures into a payload, which the codec encrypts. CommonJS, since the SDK
 * requires it by its path. Used where PAYLOAD_KEYS encrypts; elsewhere failures are readable as they are.
 */
const { DefaultFailureConverter } = require('@temporalio/common');

exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
