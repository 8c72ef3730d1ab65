/** The script of the worker thread that trains one model. */
import { parentPort, workerData } from 'node:worker_threads';
import { trainCollaborative, type TrainingInput } from './training.js';

const trained = trainCollaborative(workerData as TrainingInput);
parentPort?.postMessage(trained, [trained.artifact.buffer]);
