import { createContext } from 'preact';
import type { ApiError } from '../api/client';

/** Why nothing can be asked at all, which the top of the page says. */
export const FailureContext = createContext<ApiError | undefined>(undefined);
