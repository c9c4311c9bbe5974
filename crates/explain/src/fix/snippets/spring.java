// Untried: no test of corswatch runs this platform. Ask again afterwards, for example with `corswatch check`.
?replaces // In place of what sets Access-Control-Allow-Origin now.
@Bean
SecurityFilterChain api(HttpSecurity http) throws Exception {
    // Puts the CORS filter before authentication, so that OPTIONS needs no login.
    return http.cors(Customizer.withDefaults()).build();
}

@Bean
CorsConfigurationSource corsConfigurationSource() {
    var cors = new CorsConfiguration();
    cors.setAllowedOrigins(List.of("<<origin>>"));
    cors.setAllowedMethods(List.of(<<methods_quoted>>));
    ?headers cors.setAllowedHeaders(List.of(<<headers_quoted>>));
    ?expose cors.setExposedHeaders(List.of(<<expose_quoted>>));
    ?credentials cors.setAllowCredentials(true);
    cors.setMaxAge(<<max_age>>L);
    var source = new UrlBasedCorsConfigurationSource();
    source.registerCorsConfiguration("/**", cors);
    return source;
}
