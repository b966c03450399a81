"""The phrases for what is told of somebody, quasi-identifying or sensitive, in the form of ``phrases.PHRASES``."""

PHRASES = """
initials | 0.8 | linked | t
    initial, middle initial, name initial, mi, initialen, iniciales, voorletter, iniziali, initiale, initials name,
    voorletters, voorletters naam, name initials, inicial, monogramm, initiales nom, namenskurzel, namenskuerzel,
    kuerzel name
person_title | 0.75 | linked | t
    salutation, courtesy, honorific, name prefix, name suffix, anrede, tratamiento, civilite, title of courtesy,
    academic title, akad titel, akademischer titel, akadgrad, titelpre, titelpost, titel vor, titel nach, civility,
    tratamento, aanhef, trattamento, saudacao, form of address, name title, title prefix, title suffix, post
    nominal, postnominal, generational suffix, anredeform, briefanrede, anredetitel, titel nachgestellt, titel
    vorangestellt, akademischer grad, doktortitel, formula saludo, saludo, titre civilite, politesse, formule
    politesse, titolo onorifico, titolo cortesia, aanspreektitel, aanspreekvorm, titulatuur, adellijke titel, forma
    tratamento, pronome tratamento
person_title | 0.7 | linked | tn | exact
    prefix, suffix, name prefix, titre, titolo, titulo
birth_date | 0.95 | anywhere | tnd
    birth date, date of birth, dob, birthday, birth day, born, born on, birth, birth year, year of birth, yob, birth
    month, month of birth, geburtsdatum, geburtstag, geburtsjahr, gebdat, geb datum, geboren, fecha nacimiento,
    fecha de nacimiento, nacimiento, ano nacimiento, date de naissance, date naissance, naissance, data di nascita,
    data nascita, nascita, geboortedatum, geboortejaar, data de nascimento, data nascimento, nascimento, bdate,
    birthdate, birthyear, anio nacimiento, annee de naissance, birth time, time of birth, birth datetime, gebzeit,
    geburtszeit, heure naissance, geboren am, geb am, data nasc, dt nasc, dt nascimento, fecha nac, fec nac, fecnac,
    date nais, ddn, nato il, dia nascimento, mes nascimento, birthdt, birth dt, birthdate year, birthmonth, date
    birth, dateborn, date born, d o b, dobirth, dt birth, dtbirth, dt of birth, dofb, born date, born year, year
    born, day of birth, dob day, dob month, dob year, gebdatum, gebdt, geb dt, geburts datum, geburtstermin, geburt,
    geburtsmonat, geb jahr, gebjahr, geburtsdat, geboren datum, nacido, nacida, nacido el, f nac, fnac, fnacimiento,
    f nacimiento, fecha nacim, fech nac, fecha de nac, fechanac, fechanacimiento, fec nacimiento, fecnacimiento, dia
    nacimiento, mes nacimiento, anyo nacimiento, ano de nacimiento, date nai, date naiss, datenaiss, datenaissance,
    dat naiss, dt naissance, dt naiss, ne le, nee le, jour naissance, mois naissance, an naissance, annee naissance,
    annee naiss, datanascita, dt nascita, dtnascita, nata il, giorno nascita, mese nascita, anno nascita, anno di
    nascita, geboorte, geboorte datum, geboortedag, geboortemaand, geb jaar, gebjaar, dtnasc, datanasc,
    datanascimento, dtnascimento, data de nasc, nascido, nascido em, nasceu, ano nascimento, ano de nascimento,
    aniversario
birth_place | 0.85 | anywhere | t
    birth place, place of birth, birth city, birth country, birth state, geburtsort, lugar de nacimiento, lieu de
    naissance, luogo di nascita, geboorteplaats, native country, country of birth, birthplace, birth location, birth
    town, birth nation, geburtsland, geburtsnation, geburtsstaat, gebort, naturalidade, local nascimento, local de
    nascimento, municipio nascimento, pais nacimiento, provincia nacimiento, ville naissance, pays naissance,
    departement naissance, comune nascita, comune di nascita, provincia nascita, provincia di nascita, geboorteland,
    lugar nacimiento, lieu naissance, luogo nascita, birth province, birth region, birth county, birth district,
    birth municipality, birth village, birth hospital place, place birth, placeofbirth, pob, city of birth, town of
    birth, state of birth, county of birth, native place, native city, country birth, born in, born at, geburts ort,
    gebort land, geburtskreis, geboren in, geburtsstadt, nacido en, lugarnacimiento, lugar nac, l nacimiento,
    municipio de nacimiento, ciudad nacimiento, localidad nacimiento, estado nacimiento, pueblo nacimiento, lieu
    naiss, lieunaissance, commune naissance, commune de naissance, dept naissance, dep naissance, departement de
    naissance, pays naiss, code insee naissance, nato a, nata a, citta nascita, citta di nascita, cittanascita,
    luogonascita, stato nascita, stato di nascita, nazione nascita, regione nascita, paese nascita, paese di
    nascita, localita nascita, com nascita, cod comune nascita, geboorte plaats, geb plaats, gebplaats, geboorte
    land, geboortestad, geboortegemeente, cidade nascimento, cidade de nascimento, uf nascimento, pais nascimento,
    pais de nascimento, localnascimento, distrito nascimento, concelho nascimento, freguesia nascimento, naturalde
death_date | 0.9 | anywhere | tnd
    death date, date of death, dod, died, died on, death year, death day, todesdatum, sterbedatum, fecha de
    defuncion, date de dece, dateofdeath, death time, deathtime, time of death, deceased date, deceased at, deceased
    on, date de deces, date deces, data decesso, data di morte, overlijdensdatum, data obito, data falecimento, data
    de obito, fecha muerte, fecha fallecimiento, fecha defuncion, gestorben am, todestag, verstorben am, date death,
    dateofdeath year, date deceased, deathdate, death datetime, deceased time, death month, death timestamp, passed
    away, expired on patient, sterbetag, sterbejahr, todesjahr, todeszeitpunkt, verstorben datum, todestag datum,
    sterbedat, fecha exitus, fecha deceso, fecha obito, f defuncion, f fallecimiento, fallecido el, date mort, date
    du deces, date de mort, jour deces, data morte, data del decesso, deceduto il, sterfdatum, sterftedatum, datum
    overlijden, overleden op, overlijdensdat, data de falecimento, dt obito, dt falecimento, falecido em
age | 0.92 | anywhere | tn
    senior citizen, senior, age cat, age, age year, age group, age range, age band, patient age, age at, alter,
    altersgruppe, lebensalter, edad, leeftijd, idade, age category, anchor age, age month, age day, age in year,
    current age, eta paziente, idade paciente, age years, age yrs, age months, age in month, age in day, age at
    visit, age at admission, age at diagnosis, age at death, age class, age grp, agegroup, agerange, age bracket,
    age code, age value, altersklasse, alter jahre, alter in jahren, altersstufe, anos edad, edad anos, edad meses,
    grupo edad, grupo etario, rango edad, tranche age, tranche d age, classe age, fascia eta, fascia di eta, classe
    eta, leeftijdsgroep, leeftijdscategorie, leeftijdsklasse, faixa etaria, grupo idade, idade anos
age | 0.7 | person | n | exact
    eta
sex | 0.95 | anywhere | tnb
    sex, gender, male, female, is male, is female, gender identity, pronoun, geschlecht, sexo, genero, sexe, genre
    personne, sesso, geslacht, gndr, sex code, birth sex, sex at birth, administrative gender, gender code,
    geschlecht code, sexo biologico, gender id, gender name, sex id, sex name, gender type, gender desc, genderid,
    genderidentity, legal sex, legal gender, sexe personne, sexe enfant, sexe assure, geschlechtsangabe,
    geschlechtid, sexo paciente, sexo alumno, sexo cliente, sesso paziente, sesso alunno, sexoid, genero id, genero
    persona, geslachtscode, genere, sessuale, sexe code, homme femme, hombre mujer, male female, mann frau
sex | 0.75 | person | t | exact
    genre
marital_status | 0.95 | anywhere | tnb
    personal status, marital status, marital, civil status, married, is married, marriage status, familienstand,
    estado civil, etat civil, situation familiale, stato civile, burgerlijke staat, relationship status, divorced,
    maritalstatus, personenstand, zivilstand, ehestand, estado marital, statut matrimonial, situation matrimoniale,
    stato matrimoniale, huwelijkse staat, situacao conjugal, estado conyugal, situation familial, marital state,
    marital code, marital stat, maritalstat, maritalcode, marriage state, married status, civil state, civilstatus,
    date of marriage, marriage date, wedding date, divorce, divorce date, is divorced, widowed, widow, widower,
    single parent, familienstand code, famstand, fam stand, familiestand, familien stand, verheiratet, ledig,
    geschieden, verwitwet, hochzeitsdatum, heiratsdatum, eheschliessung, ehedatum, est civil, estadocivil, edo
    civil, divorcio, divorciado, casado, casada, soltero, viudo, viuda, fecha matrimonio, fecha boda, sit familiale,
    situation maritale, situation conjugale, situation matrimoniale code, etatcivil, marie, divorce e, celibataire,
    veuf, date mariage, statocivile, stato coniugale, coniugato, celibe, nubile, divorziato, vedovo, data
    matrimonio, burgstaat, burgelijke staat, burgerlijkestaat, gehuwd, gescheiden, weduwe, weduwnaar,
    huwelijksdatum, trouwdatum, estado civil codigo, casamento, data casamento, divorciada, solteiro, viuvo
family | 0.85 | linked | tnb
    partner, has partner, home ownership, homeownership, housing status, relationship, family size, household size,
    household member, children, number of children, kid, num children, dependent, number of dependent, sibling,
    spouse, parent, relation, kinder, anzahl kinder, kinderzahl, hijo, enfant, nombre d enfant, figli, kinderen,
    filho, next of kin relation, parity, pregnancies, household type, number of kid, dependant, emergency
    relationship, parentesco, parentela, grado parentela, verwandtschaft, verwandtschaftsgrad, lien parente, lien de
    parente, anzahl kind, anzahlkinder, kinderanzahl, numero hijo, numero figli, aantal kinderen, numero filho,
    gezin, family status, household, family relation, family relationship, family role, relation type, relationship
    type, relationship name, relationship to insured, relationship to head, relation to head, kinship, kin relation,
    family member, family members, number of dependents, dependents, dependants, num dependents, no of children,
    child count, has children, has child, siblings, number of siblings, number of brothers, orphan status, is
    orphan, household income type, household role, head of household, householder, is head, living with, lives with,
    foster child, guardian relation, verwandtschaftsverhaltnis, familienverhaltnis, anzahl der kinder, geschwister,
    anzahl geschwister, sorgerecht, alleinerziehend, haushaltsgrosse, haushaltsvorstand, lebenspartner, hermanos,
    num hermanos, numero hermanos, num hijos, nro hijos, cantidad hijos, tiene hijos, hijos a cargo, carga familiar,
    cargas familiares, vinculo familiar, familia numerosa, nb enfants, nb enfant, nombre enfants, nombre enfant,
    enfants a charge, personnes a charge, fratrie, garde enfant, garde alternee, quotient familial, numero di figli,
    num figli, figli a carico, familiari a carico, nucleo familiare, rapporto parentela, grado di parentela, affido,
    aantal gezinsleden, gezinssituatie, gezinssamenstelling, gezinsgrootte, relatie tot, familierelatie, voogdij,
    broers zussen, num filhos, nr filhos, qtd filhos, quantidade filhos, tem filhos, numero de filhos, dependentes,
    num dependentes, grau parentesco, grau de parentesco, agregado familiar, composicao familiar
post_code | 0.92 | linked | tn
    post code, postal code, postcode, zip, zip code, zipcode, postal, plz, postleitzahl, codigo postal, code postal,
    cap, codice postale, pin code postal, cep, zip3, zip5, post cod, postcod, cod postal, codpostal, zip postal,
    code zip, pincode, postnr, npa, codigo zip, post cd, postcd, postal cd, postalcode, postalcd, zip cd, zip plus,
    zip or postal code, mail code postal, p code, pcode, pst code, eircode, pin code, plz ort, plzort, plz code,
    postleit zahl, wohnort plz, lkz plz, plz privat, cod post, codigopostal, cod postale, c postal, cpostal, cp
    postal, cp ville, cpville, codepostal, code post, cod cap, codice avviamento postale, codice cap, cap residenza,
    cap domicilio, post nr, postnummer, cep endereco, cep residencial, codpost, codigo endereco postal
city | 0.88 | linked | t
    city, town, municipality, village, home town, hometown, city name, suburb, stadt, ort, wohnort, gemeinde,
    ciudad, municipio, poblacion, localidad, ville, commune, citta, comune, stad, plaats, woonplaats, cidade,
    locality, ortsteil, place of residence, city village, city town, town city, residence city, bairro, freguesia,
    concelho, stadtteil, pueblo, localite, localita, municipalite, gemeente, gemeentenaam, plaatsnaam, cidade
    residencia, ciudad residencia, comune residenza, comune di residenza, ortschaft, village name, cityname, city
    state zip, city or town, town name, townname, post town, posttown, city of residence, village town, hamlet,
    locality name, city text, ortname, ortsname, wohn ort, wohnsitzgemeinde, stadtname, stadt name, ort privat, plz
    wohnort, ort name, wohngemeinde, ortschaftsname, ciudad nombre, nombre ciudad, localidad nombre, nombre
    localidad, nombre municipio, municipio residencia, localidad residencia, poblacion residencia, pob, provincia
    ciudad, nom ville, nom commune, ville residence, commune residence, code commune, bureau distributeur, nome
    citta, nome comune, citta residenza, localita residenza, comune domicilio, frazione, com res, comune res, plaats
    naam, woon plaats, plaats wonen, gemeente naam, woongemeente, vestigingsplaats, dorp, nome cidade, nome
    municipio, cidade nome, localidade residencia, cidade endereco, vila
region | 0.82 | linked | tn
    state, province, region, county, district, state code, state province, prefecture, canton, department name geo,
    bundesland, kanton, landkreis, kreis, bezirk, provincia, departamento, regione, provincie, distrito, borough,
    census tract, metro area, territory, neighborhood, neighbourhood, state name, block group, barrio, quartier,
    zone, county district, subdistrict, sub district, comarca, uf, parish council, region code, region name,
    district name, regiao, bundesland code, kreis gemeinde, state name residence, stateprovince, state or province,
    state prov, statecode, state of residence, residence state, addr state, province code, province name,
    provincename, province id residence, region residence, county name, county code, countyname, regionname,
    neighborhood name, commune code region, ward name, sub county, subcounty, landkreis name, bundes land,
    regierungsbezirk, bezirk name, kanton code, wohnkanton, stadtbezirk, provincia residencia, prov residencia, cod
    provincia, codprovincia, codigo provincia, nombre provincia, comunidad autonoma, ccaa, departamento residencia,
    colonia, barriada, delegacion, alcaldia, parroquia, urbanizacion, corregimiento, estado provincia, code
    departement, num departement, code region residence, nom departement, arrondissement, provincia residenza,
    provincia di residenza, prov residenza, sigla provincia, prov res, regione residenza, quartiere, circoscrizione,
    provincie naam, buurt, wijk, wijkcode, buurtcode, uf residencia, uf endereco, estado uf, sigla uf, cod uf,
    estado residencia, distrito residencia, concelho residencia, zona residencia
region | 0.82 | linked | tn | exact
    estado
country | 0.85 | linked | t
    country, country code, country name, land, staat, pais, pay, paese, nation, iso country, residence country,
    country residence, country of residence, residence nation, landcode, land code, laendercode, landercode, pais
    residencia, pays residence, paese residenza, codigo pais, codpais, code pay, codice paese, nazione, nazione
    residenza, countryname, countrycode, country cd, country iso, country of origin person, home country, ctry code,
    nation code, country text, isocountry, land name, landname, landkz, laenderkennzeichen, lkz, wohnland,
    wohnsitzland, staat code, pais nombre, nombre pais, cod pais, paisresidencia, pais de residencia, pais origen,
    pays code, nom pays, pays de residence, paysresidence, pays origine, nazione residenza paese, stato residenza,
    nome nazione, paese origine, stato estero, cod nazione, land van herkomst, woonland, nome pais, codigo do pais,
    pais de origem, pais origem
nationality | 0.88 | anywhere | tnb
    foreign worker, foreigner, foreign born, nationality, citizenship, nationalitat, staatsangehorigkeit,
    nacionalidad, nationalite, nazionalita, nationaliteit, nacionalidade, immigration status, citizen,
    staatsburgerschaft, staatsbuergerschaft, staatsangehoerigkeit, ciudadania, citoyennete, cittadinanza, cidadania,
    burgerschap, second nationality, nationality code, nationality id, nationality name, citizenship status,
    citizenship country, citizenship code, country of citizenship, dual nationality, ethnic nationality, resident
    status, residency status, residence status, visa status, visa type, visa category, immigrant, migrant status,
    asylum status, refugee status, staatsang, staatsangeh, staatsangehorigkeit code, staatsangehoerig,
    nationalitat code, aufenthaltsstatus, aufenthaltserlaubnis, fluchtlingsstatus, zuzugsdatum,
    zuzug, einreisedatum, extranjero, es extranjero, inmigrante, pais nacionalidad, cod nacionalidad, codigo
    nacionalidad, nationalite code, code nationalite, pays nationalite, etranger, date arrivee france, cod
    nazionalita, nazionalita codice, straniero, permesso soggiorno, permesso di soggiorno, verblijfsstatus,
    verblijfstitel, verblijfsvergunning, nationaliteitscode, pais nacionalidade, cod nacionalidade, estrangeiro,
    naturalizado
language | 0.65 | linked | t
    language, mother tongue, native language, preferred language, muttersprache, sprache, idioma, langue, lingua,
    taal, locale, spoken language, first language, second language, third language, home language, language primary,
    language secondary, language first, language second, language code, langue maternelle, lengua, lengua materna,
    lingua madre, lingua materna, moedertaal, accept language, correspondence language, korrespondenzsprache, lang,
    user lang, userlang, user language, language pref, language preference, preferred lang, preferred locale,
    languages, languages spoken, language spoken, native lang, ui language, communication language, language id,
    sprachen, sprachkenntnisse, herkunftssprache, familiensprache, umgangssprache, sprachcode, korrespondenz
    sprache, idioma preferido, idioma nativo, idiomas, lengua preferida, idioma materno, langue parlee, langues,
    langues parlees, langue preferee, langue usuelle, lingua preferita, lingua parlata, lingue, lingua
    corrispondenza, voorkeurstaal, taalcode, talen, thuistaal, correspondentietaal, idioma preferencial, idioma
    falado, lingua falada
coordinates | 0.8 | linked | tn
    latitude, longitude, lat, lon, lng, long, geo, geolocation, gps, geom, coordinate, geo point, lat long,
    breitengrad, langengrad
place | 0.6 | linked | t
    admission location, discharge location, admission source, discharge destination, ward, care unit, care site,
    hospital name, hospital, clinic, unidad medica, station name patient, travel from, travel to, travel
    destination, trip destination, departure place, arrival place, place of death, death place, sterbeort, lugar
    defuncion, lieu deces, luogo decesso, plaats overlijden, local obito, place of marriage, birthplace hospital,
    provenienza, procedencia, provenance, lugar procedencia, lugar de procedencia, ward id, ward code, bed number,
    bed no, room no, zimmernr, zimmernummer, bett, bettnummer, station nr, habitacion, cama, num habitacion,
    chambre, num chambre, stanza, letto, num camera, reparto ricovero, kamer, kamernummer, bed nummer, quarto,
    leito, enfermaria, num quarto
place | 0.6 | person | t
    distance from home, commute, commute distance, location, place, destination, origin, address type place, cabin,
    room, room number, seat, ward, station, hospital, clinic, facility, birth hospital, parish, standort,
    krankenhaus, zimmer, lugar, lieu, luogo, admission location, discharge location
ethnicity | 0.95 | anywhere | tnb
    descent, race, ethnicity, ethnic, ethnic group, ethnic origin, hispanic, race ethnicity, tribe, caste, skin
    color, skin colour, ethnie, etnia, raza, rasse, herkunft, etniciteit, raca, national origin, ancestry, migration
    background, migrationshintergrund, skin tone, etnia raca, cor raca, grupo etnico, origine ethnique, origine
    etnica, herkunftsland, race code, ethnic code, ethnicity code, ethnicity id, ethnicity name, ethnicity desc,
    race id person, race desc, race name person, racial, racial group, ethnic background, ethnicgroup, ethnic
    category, cultural background, indigenous, indigenous status, is indigenous, aboriginal, minority group, is
    minority, tribal, tribe name, caste category, subcaste, hautfarbe, ethnische herkunft, ethnische zugehorigkeit,
    volksgruppe, abstammung, grupo racial, origen etnico, indigena, pueblo indigena, pertenencia etnica, raza etnia,
    origine ethnique code, groupe ethnique, gruppo etnico, origine razziale, etnische groep, etnische afkomst,
    afkomst, etnische achtergrond, huidskleur, raca cor, cor pele, cor da pele, origem etnica, povo indigena
religion | 0.93 | anywhere | tnb
    religion, religious, faith, denomination, church, konfession, religione, religie, religiao, religious
    affiliation, religionszugehorigkeit, bekenntnis, glaubensbekenntnis, culto, confession, confessione,
    levensovertuiging, godsdienst, kirchensteuer, religiao code, credo religioso, religion code, religion id,
    religion name, religious group, religious belief, religious community, creed, church name, church member,
    baptism, baptism date, baptised, baptized, confirmation church, date of baptism, konfession code,
    konfessionszugehorigkeit, religionsgemeinschaft, religionsunterricht, kirche, kirchenzugehorigkeit, glaube,
    taufe, taufdatum, getauft, religion alumno, confesion, confesion religiosa, creencia, creencia religiosa,
    iglesia, bautismo, fecha bautismo, bautizado, culte, croyance, eglise, bapteme, date bapteme, baptise, religione
    codice, chiesa, fede, battesimo, data battesimo, religione cattolica, irc, kerk, kerkgenootschap, kerkelijke
    gezindte, gezindte, geloof, geloofsovertuiging, doop, doopdatum, levensbeschouwing, religiao codigo, igreja,
    crenca, batismo, data batismo
sexuality | 0.93 | anywhere | tnb
    sexual orientation, sexuality, orientation sexual, sexuelle orientierung, orientacion sexual, lgbt, sexual
    partner, sex orientation, sexual preference, sexual identity, sexual activity, sexually active, transgender, is
    transgender, trans status, sexuelle identitat, identidad sexual, identidad de genero, identidad genero, vida
    sexual, orientation sexuelle, vie sexuelle, orientamento sessuale, identita genere, seksuele geaardheid,
    seksuele voorkeur, genderidentiteit, orientacao sexual, identidade de genero, identidade genero
politics | 0.9 | anywhere | tnb
    political party, party affiliation, political view, political, union member, trade union, partei, partido, vote
    choice, party registration, party member, party membership, party name political, union membership, trade union
    member, is union member, political opinion, political affiliation, political orientation, election vote, voting
    preference, gewerkschaft, gewerkschaftsmitglied, parteimitglied, parteizugehorigkeit, politische einstellung,
    afiliacion politica, partido politico, sindicato, afiliacion sindical, opinion politica, parti politique,
    syndicat, appartenance syndicale, opinion politique, partito, partito politico, sindacato, iscrizione sindacale,
    politieke partij, vakbond, politieke voorkeur, vakbondslid, filiacao partidaria, filiacao sindical,
    sindicalizado
crime | 0.88 | anywhere | tnbd
    charge degree, charge description, misdemeanor, prior, prior count, priors, juvenile, felony count, arrest date,
    jail in, jail out, prison, conviction, criminal, criminal record, offense, offence, arrest, arrested, felony,
    charge offense, sentence, recidivism, is recid, vorstrafe, delito, infraction, crime type, criminal     history,
    criminal conviction, convictions, conviction date, offense code, offense description, offense type, offence
    code, offence type, offence date, offense date, charge code, sentence date, sentence length, sentence     type,
    prison term, imprisonment, incarceration, parole, police record, police report number, background check,
    violation code, straftat, delikt, delikte, vorstrafen, verurteilung, haftstrafe, strafmass, fuhrungszeugnis,
    fuehrungszeugnis, bewahrung, tatvorwurf, tatbestand, antecedentes penales, antecedentes policiales, condena,
    prision, delitos, tipo delito, fecha detencion, detencion, imputado delito, infraccion, sancion penal, casier
    judiciaire, condamnation, delit, infraction code, peine, type infraction, detention, date incarceration, ecrou,
    numero ecrou, reato, reati, condanna, precedenti penali, casellario, carcere, detenuto, strafblad, veroordeling,
    misdrijf, delict, strafbaar feit, detentie, vog, crime tipo, antecedentes criminais, condenacao, pena prisao,
    infracao, tipo crime
event_date | 0.6 | linked | tn
    follow up, follow up time, followup, fu time, futime, survival time, day, days to event, length of stay, time to
    event, duration day, visit day, days since, los, length of stay days, stay length, stay days, days in hospital,
    admission date time, discharge time, time in hospital, verweildauer, aufnahmedatum, entlassdatum, dias estancia,
    duree sejour, giorni degenza, ligduur, dias internacao
post_code | 0.8 | linked | t | exact
    cp
status | 0.55 | person | tn | exact
    status
"""
