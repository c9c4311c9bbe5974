import { execFileSync } from "node:child_process";

/** As long as a beacon's release may be. */
const MAX_LENGTH = 128;

/** Where builders state what they build. */
const VARIABLES = [
	"CORSWATCH_RELEASE",
	"GITHUB_SHA",
	"CI_COMMIT_SHA",
	"VERCEL_GIT_COMMIT_SHA",
	"COMMIT_REF",
	"CF_PAGES_COMMIT_SHA",
];

/** What decides the release. */
export interface ReleaseOptions {
	/** The release itself; found out where left out. */
	release?: string;
}

const commit = (): string | undefined => {
	try {
		return execFileSync("git", ["rev-parse", "HEAD"], {
			encoding: "utf8",
			stdio: ["ignore", "pipe", "ignore"],
		});
	} catch {
		return;
	}
};

/**
 * The release that is being built: as given, the first of `CORSWATCH_RELEASE`, `GITHUB_SHA`,
 * `CI_COMMIT_SHA`, `VERCEL_GIT_COMMIT_SHA`, `COMMIT_REF` and `CF_PAGES_COMMIT_SHA` that is set, or the
 * commit of git. Throws where there is none, or where it is too long for a beacon.
 */
export const releaseOf = ({ release }: ReleaseOptions): string => {
	const found = release ?? VARIABLES.map((name) => process.env[name]).find(Boolean) ?? commit();
	const text = found?.trim();
	if (!text) {
		throw new Error(
			`corswatch: there is no release: give the option \`release\`, set ${VARIABLES[0]}, or build in a checkout of git`,
		);
	}
	if (text.length > MAX_LENGTH || /[^ -~]/.test(text)) {
		throw new Error(
			`corswatch: \`release\` must be printable ASCII of at most ${MAX_LENGTH} characters: ${text}`,
		);
	}
	return text;
};
