import { type OpenApi, readTemplates } from "./openapi";
import { type ReleaseOptions, releaseOf } from "./release";

/** What the plugin takes. */
export interface WebpackPluginOptions extends ReleaseOptions {
	/** An OpenAPI document, or a file with one in JSON, whose paths become templates. */
	openapi?: string | OpenApi;
}

/** As much of webpack's compiler as is used. */
interface Compiler {
	webpack: { DefinePlugin: new (definitions: Record<string, string>) => { apply(compiler: never): void } };
}

/** webpack 5: sets `release` and `templates` of `corswatch/build`. */
export class CorswatchPlugin {
	constructor(readonly options: WebpackPluginOptions = {}) {}

	apply(compiler: Compiler): void {
		const { openapi } = this.options;
		new compiler.webpack.DefinePlugin({
			CORSWATCH_RELEASE: JSON.stringify(releaseOf(this.options)),
			CORSWATCH_TEMPLATES: JSON.stringify(openapi ? readTemplates(openapi) : []),
		}).apply(compiler as never);
	}
}

export default CorswatchPlugin;
