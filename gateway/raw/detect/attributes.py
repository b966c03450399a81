"""The phrases for what is told of somebody, quasi-identifying or sensitive, in the form of ``phrases.PHRASES``."""

PHRASES = """
initials | 0.8 | linked | t
    initial, middle initial, name initial, mi, initialen, iniciales, voorletter, iniziali, initiale
person_title | 0.75 | linked | t
    salutation, courtesy, honorific, name prefix, name suffix, anrede, tratamiento, civilite, title of courtesy,
    academic title, akad titel, akademischer titel, akadgrad, titelpre, titelpost, titel vor, titel nach,
    civility, tratamento, aanhef, trattamento, saudacao
person_title | 0.7 | linked | tn | exact
    prefix, suffix, name prefix, titre, titolo, titulo
occupation | 0.6 | person | t | exact
    title, titel
occupation | 0.88 | linked | tnb
    occupation, profession, job title, job, job role, position title, employment status, employment type, working
    hour, hour per week, work hour, position, jobtitle, beruf, berufsbezeichnung, tatigkeit, ocupacion, profesion,
    puesto, cargo, metier, professione, occupazione, beroep, functie, profissao, job name, career, rank, military
    rank, specialty, speciality, fachgebiet, industry of employment, contact title, work title, position held,
    mansione, qualifica professionale, dienstgrad, funktion, fonction, emploi, puesto de trabajo, puesto trabajo,
    funcao, ocupacao, job code, job function, job description, specialism, specialization, especialidad,
    specialite, specializzazione, specialisme, especialidade, fachrichtung, work class, workclass, specialisatie,
    especializacion
occupation | 0.7 | person | t | exact
    prof, role title, designation
credit | 0.75 | anywhere | tnd
    card expiry, cc expire, card expire, expiry month, expiry year, exp month, exp year, cc expiry, card
    expiration
credit | 0.85 | linked | tnb
    checking status, checking account status, savings status, savings account status, delinquent, debt to income,
    credit score, credit rating, fico, creditworthiness, risk score, loan default, credit default, in default,
    defaulted, loan status, delinquency, bankruptcy, schufa, bonitat, bankrupt, credit history, foreclosure, loan,
    kredit, darlehen, prestamo, pret, prestito
birth_date | 0.95 | anywhere | tnd
    birth date, date of birth, dob, birthday, birth day, born, born on, birth, birth year, year of birth, yob,
    birth month, month of birth, geburtsdatum, geburtstag, geburtsjahr, gebdat, geb datum, geboren, fecha
    nacimiento, fecha de nacimiento, nacimiento, ano nacimiento, date de naissance, date naissance, naissance,
    data di nascita, data nascita, nascita, geboortedatum, geboortejaar, data de nascimento, data nascimento,
    nascimento, bdate, birthdate, birthyear, anio nacimiento, annee de naissance, birth time, time of birth, birth
    datetime, gebzeit, geburtszeit, heure naissance, geboren am, geb am, data nasc, dt nasc, dt nascimento, fecha
    nac, fec nac, fecnac, date nais, ddn, nato il, dia nascimento, mes nascimento
birth_place | 0.85 | anywhere | t
    birth place, place of birth, birth city, birth country, birth state, geburtsort, lugar de nacimiento, lieu de
    naissance, luogo di nascita, geboorteplaats, native country, country of birth, birthplace, birth location,
    birth town, birth nation, geburtsland, geburtsnation, geburtsstaat, gebort, naturalidade, local nascimento,
    local de nascimento, municipio nascimento, pais nacimiento, provincia nacimiento, ville naissance, pays
    naissance, departement naissance, comune nascita, comune di nascita, provincia nascita, provincia di nascita,
    geboorteland, lugar nacimiento, lieu naissance, luogo nascita
death_date | 0.9 | anywhere | tnd
    death date, date of death, dod, died, died on, death year, death day, todesdatum, sterbedatum, fecha de
    defuncion, date de dece, dateofdeath, death time, deathtime, time of death, deceased date, deceased at,
    deceased on, date de deces, date deces, data decesso, data di morte, overlijdensdatum, data obito, data
    falecimento, data de obito, fecha muerte, fecha fallecimiento, fecha defuncion, gestorben am, todestag,
    verstorben am
age | 0.92 | anywhere | tn
    senior citizen, senior, age cat, age, age year, age group, age range, age band, patient age, age at, alter,
    altersgruppe, lebensalter, edad, leeftijd, idade, age category, anchor age, age month, age day, age in year,
    current age, eta paziente, idade paciente
age | 0.7 | person | n | exact
    eta
sex | 0.95 | anywhere | tnb
    sex, gender, male, female, is male, is female, gender identity, pronoun, geschlecht, sexo, genero, sexe, genre
    personne, sesso, geslacht, gndr, sex code, birth sex, sex at birth, administrative gender, gender code,
    geschlecht code, sexo biologico
sex | 0.75 | person | t | exact
    genre
marital_status | 0.95 | anywhere | tnb
    personal status, marital status, marital, civil status, married, is married, marriage status, familienstand,
    estado civil, etat civil, situation familiale, stato civile, burgerlijke staat, relationship status, divorced,
    maritalstatus, personenstand, zivilstand, ehestand, estado marital, statut matrimonial, situation
    matrimoniale, stato matrimoniale, huwelijkse staat, situacao conjugal, estado conyugal, situation familial
family | 0.85 | linked | tnb
    partner, has partner, home ownership, homeownership, housing status, relationship, family size, household
    size, household member, children, number of children, kid, num children, dependent, number of dependent,
    sibling, spouse, parent, relation, kinder, anzahl kinder, kinderzahl, hijo, enfant, nombre d enfant, figli,
    kinderen, filho, next of kin relation, parity, pregnancies, household type, number of kid, dependant,
    emergency relationship, parentesco, parentela, grado parentela, verwandtschaft, verwandtschaftsgrad, lien
    parente, lien de parente, anzahl kind, anzahlkinder, kinderanzahl, numero hijo, numero figli, aantal kinderen,
    numero filho, gezin, family status, household
post_code | 0.92 | linked | tn
    post code, postal code, postcode, zip, zip code, zipcode, postal, plz, postleitzahl, codigo postal, code
    postal, cap, codice postale, pin code postal, cep, zip3, zip5, post cod, postcod, cod postal, codpostal, zip
    postal, code zip, pincode, postnr, npa, codigo zip
city | 0.88 | linked | t
    city, town, municipality, village, home town, hometown, city name, suburb, stadt, ort, wohnort, gemeinde,
    ciudad, municipio, poblacion, localidad, ville, commune, citta, comune, stad, plaats, woonplaats, cidade,
    locality, ortsteil, place of residence, city village, city town, town city, residence city, bairro, freguesia,
    concelho, stadtteil, pueblo, localite, localita, municipalite, gemeente, gemeentenaam, plaatsnaam, cidade
    residencia, ciudad residencia, comune residenza, comune di residenza, ortschaft, village name
region | 0.82 | linked | tn
    state, province, region, county, district, state code, state province, prefecture, canton, department name
    geo, bundesland, kanton, landkreis, kreis, bezirk, provincia, departamento, regione, provincie, distrito,
    borough, census tract, metro area, territory, neighborhood, neighbourhood, state name, block group, barrio,
    quartier, zone, county district, subdistrict, sub district, comarca, uf, parish council, region code, region
    name, district name, regiao, bundesland code, kreis gemeinde
region | 0.82 | linked | tn | exact
    estado
country | 0.85 | linked | t
    country, country code, country name, land, staat, pais, pay, paese, nation, iso country, residence country,
    country residence, country of residence, residence nation, landcode, land code, laendercode, landercode, pais
    residencia, pays residence, paese residenza, codigo pais, codpais, code pay, codice paese, nazione, nazione
    residenza
nationality | 0.88 | anywhere | tnb
    foreign worker, foreigner, foreign born, nationality, citizenship, nationalitat, staatsangehorigkeit,
    nacionalidad, nationalite, nazionalita, nationaliteit, nacionalidade, immigration status, citizen,
    staatsburgerschaft, staatsbuergerschaft, staatsangehoerigkeit, ciudadania, citoyennete, cittadinanza,
    cidadania, burgerschap, second nationality
language | 0.65 | linked | t
    language, mother tongue, native language, preferred language, muttersprache, sprache, idioma, langue, lingua,
    taal, locale, spoken language, first language, second language, third language, home language, language
    primary, language secondary, language first, language second, language code, langue maternelle, lengua, lengua
    materna, lingua madre, lingua materna, moedertaal, accept language, correspondence language,
    korrespondenzsprache
employment | 0.65 | person | tnd
    working year, total working year, years at company, year in role, year with manager, emp length, employment
    length, employment since, employment duration, employment, department, dept, division, team, office,
    abteilung, departement, hire date, start date employment, employment date, termination date, eintrittsdatum,
    austrittsdatum, joining date, join date, hired on, tenure, years of service, seniority, work experience, years
    experience, contract type, contract start, contract end, vertragsart, beschaftigungsart, beschaeftigungsart,
    beschaftigungsgrad, einstellungsdatum, anstellung, fecha ingreso, fecha contratacion, date embauche, data
    assunzione, datum in dienst, data admissao, hired, org unit, organization unit, abteilungsname, cost center,
    kostenstelle, job id, date hired, date joined, joined date, employment start, employment end, reparto,
    wochenarbeitszeit, arbeitszeit, wochenstunden, austrittsgrund, motivo cese
company | 0.8 | linked | t
    company, company name, employer, employer name, organization, organisation, organization name, firma,
    arbeitgeber, empresa, entreprise, societe, employeur, azienda, bedrijf, werkgever, empregador, workplace,
    affiliation, school, school name, university, institution, business name, organisation name, dienstgeber,
    betrieb, unternehmen, societa, ditta, compania, razon social, raison sociale, ragione sociale, razao social,
    last school, next school, previous school, former school, schule, escuela, ecole, scuola, escola, colegio,
    universidad, universite, universita, hochschule, current employer, previous employer, ultimo empleador
education | 0.88 | linked | tnb
    education, education level, degree, highest degree, qualification, schooling, year of education, academic
    level, bildung, schulabschluss, abschluss, bildungsstand, educacion, estudio, nivel de estudio, diplome,
    niveau d etude, istruzione, titolo di studio, opleiding, escolaridade, graduation year, major, alma mater,
    highest qualification, highest education, educational attainment, study program, study programme, course of
    study, field of study, studiengang, studienrichtung, ausbildung, hochster abschluss, titulacion, titulo
    academico, diploma, niveau etude, niveau scolaire, corso di laurea, titolo studio, grado academico, grau
    academico, grau de instrucao, nivel educativo, nivel estudio, opleidingsniveau, literacy, literacy level,
    degree level, academic degree, year of study, studienjahr
education | 0.7 | person | tn
    semester, study semester, grade level, year level, graduation, klasse, jahrgang, klassenstufe
coordinates | 0.8 | linked | tn
    latitude, longitude, lat, lon, lng, long, geo, geolocation, gps, geom, coordinate, geo point, lat long,
    breitengrad, langengrad
place | 0.6 | linked | t
    admission location, discharge location, admission source, discharge destination, ward, care unit, care site,
    hospital name, hospital, clinic, unidad medica, station name patient
credit | 0.7 | person | tnb | exact
    default
place | 0.6 | person | t
    distance from home, commute, commute distance, location, place, destination, origin, address type place,
    cabin, room, room number, seat, ward, station, hospital, clinic, facility, birth hospital, parish, standort,
    krankenhaus, zimmer, lugar, lieu, luogo, admission location, discharge location
ethnicity | 0.95 | anywhere | tnb
    descent, race, ethnicity, ethnic, ethnic group, ethnic origin, hispanic, race ethnicity, tribe, caste, skin
    color, skin colour, ethnie, etnia, raza, rasse, herkunft, etniciteit, raca, national origin, ancestry,
    migration background, migrationshintergrund, skin tone, etnia raca, cor raca, grupo etnico, origine ethnique,
    origine etnica, herkunftsland, race code, ethnic code, ethnicity code
religion | 0.93 | anywhere | tnb
    religion, religious, faith, denomination, church, konfession, religione, religie, religiao, religious
    affiliation, religionszugehorigkeit, bekenntnis, glaubensbekenntnis, culto, confession, confessione,
    levensovertuiging, godsdienst, kirchensteuer, religiao code, credo religioso
sexuality | 0.93 | anywhere | tnb
    sexual orientation, sexuality, orientation sexual, sexuelle orientierung, orientacion sexual, lgbt, sexual
    partner
politics | 0.9 | anywhere | tnb
    political party, party affiliation, political view, political, union member, trade union, partei, partido,
    vote choice, party registration
crime | 0.88 | anywhere | tnbd
    charge degree, charge description, misdemeanor, prior, prior count, priors, juvenile, felony count, arrest
    date, jail in, jail out, prison, conviction, criminal, criminal record, offense, offence, arrest, arrested,
    felony, charge offense, sentence, recidivism, is recid, vorstrafe, delito, infraction
disability | 0.9 | anywhere | tnb
    disability, disabled, handicap, impairment, behinderung, discapacidad, handicape, disabilita,
    schwerbehinderung, schwerbehindert, grad der behinderung, deficiencia, invalidite, invalidita, special need,
    minusvalia, beperking, disability type, disability status
diagnosis | 0.92 | linked | tnb
    reason code, reason description, reasoncode, reasondescription, diagnosis, diagnose, diagnosi, diagnostic,
    icd, icd code, icd10, icd9, disease, illness, condition code, condition name, comorbidity, symptom, allergy,
    allergie, allergen, health, health status, medical condition, medical history, cancer, tumor, tumour, diabete,
    diabetic, diabetes, hypertension, asthma, hiv, covid, infection, pregnant, pregnancy, depression, anxiety,
    stroke, heart disease, krankheit, erkrankung, befund, enfermedad, maladie, malattia, ziekte, doenca, alergia,
    stage, cause of death, reason for visit, chief complaint, complaint, mental health, problem list, snomed,
    diagnosis code, prognosis, stadium, injury, chronic disease, chronic condition, medical problem, medical note,
    medical alert, medical info, medical information, preexisting condition, epilepsy, epileptic, epilepsie,
    epilepsia, autism, autist, autismus, dementia, demenz, obesity, obese, hepatitis, tuberculosis, malaria,
    measles, mumps, rubella, chickenpox, fracture, anamnesis, anamnesi, vorerkrankung, unvertraglichkeit,
    intolerance, hauptdiagnose, nebendiagnose, diagnosetext, antecedent, antecedente, pathologie, patologia,
    padecimiento, aandoening, ziektebeeld, hipertension, hipertensao, ipertensione, asma, asthme, allergy status,
    coded allergen, non coded allergen, reaction, severity of illness, drg, drg code, morbidity, condition source,
    cause of dead, death cause, cause dece, causa muerte, causa morte, todesursache, triage, acuity,
    chiefcomplaint, krankmeldung, krankenstand, gesundheitszustand, estado salud, etat sante, stato salute,
    sickness, maladie chronique, diagnostico, antecedents
treatment | 0.85 | linked | tnb
    medication, drug, drug name, prescription, dose, dosage, therapy, procedure, procedure code, cpt, surgery,
    vaccine, vaccination, immunization, medikament, dosis, therapie, behandlung, medicamento, medicament, farmaco,
    medicijn, treatment, treatment type, hospitalized, admission type, discharge disposition, medicine,
    transplant, ndc, atc, atc code, rxnorm, drug code, drug cd, medication name, medication code, long term
    medication, active ingredient, posology, posologie, posologia, dose value, impfung, impfstatus, vaccination
    status, arzneimittel, wirkstoff, eingriff, ops code, vacuna, tratamiento, cirugia, traitement, traitement
    medical, vaccin, chirurgie, terapia, vaccino, farmaci, ricovero, behandeling, geneesmiddel, vaccinatie,
    tratamento, tratamento medico, medicacao, medicacion, vacina, cirurgia, operation date, surgical procedure,
    implant, blood transfusion, chemotherapy, radiotherapy, dialysis
test_result | 0.85 | linked | tnb
    chol, ecg, ekg, blood oxygen, test result, lab result, lab value, result value, result, glucose, cholesterol,
    hba1c, hemoglobin, haemoglobin, creatinine, platelet, bilirubin, albumin, blood pressure, systolic, diastolic,
    sbp, dbp, heart rate, pulse, blood type, blood group, temperature body, body temperature, oxygen saturation,
    spo2, triglyceride, hdl, ldl, alt sgpt, ast sgot, insulin, blutgruppe, grupo sanguineo, groupe sanguin, gruppo
    sanguigno, blutdruck, laborwert, ergebnis, messwert, resultado, resultat, risultato, viral load, cd4, psa,
    biopsy, genotype, ejection fraction, fibrosis, heartrate, value numeric, value coded, valuenum, numeric value,
    coded value, result numeric, vital, vital sign, respiratory rate, apgar, egfr, blood sugar, blood test, lab
    test result, rh factor, rhesus, rhesusfaktor, factor rh, facteur rhesus, tension arterielle, presion arterial,
    pressione arteriosa, pressao arterial, blood, laborbefund, laboratory value, test outcome, obs value,
    observation value, titer, urine, serum, tipo sangre, tipo de sangre, tipo sanguineo, gruppo sangue
test_result | 0.6 | linked | tn | exact
    value, value num, wert, valor, valeur, valore, score, measurement
body_measure | 0.88 | person | tn
    weight, height, bmi, body mass, body mass index, body weight, waist, hip circumference, body fat, gewicht,
    grosse, groesse, korpergrosse, koerpergroesse, korpergewicht, peso, altura, estatura, talla, poid, taille,
    altezza, lengte, eye color, hair color, shoe size, weight kg, height cm, groesse cm, gewicht kg,
    lichaamslengte, eye colour, hair colour, body height, body surface, head circumference, birth weight,
    geburtsgewicht, poids naissance, peso nacer
vital_status | 0.92 | linked | tnb
    vital status, survived, survival, deceased, dead, death, alive, is alive, is dead, mortality, survival status,
    hospital expire flag, expire flag, verstorben, fallecido, decede, deceduto, overleden, died in hospital,
    deceased flag, is deceased, overlijden, deces, decesso, vivo, vivente
event_date | 0.6 | linked | tn
    follow up, follow up time, followup, fu time, futime, survival time, day, days to event, length of stay, time
    to event, duration day, visit day, days since
income | 0.93 | anywhere | tnb
    daily rate, monthly rate, income, salary, wage, pay rate, annual income, monthly income, base salary,
    compensation, bonus, net worth, capital gain, capital loss, earning, household income, commission pct,
    commission, pension, gehalt, lohn, einkommen, verdienst, rente, salario, sueldo, ingreso, revenu, salaire,
    reddito, stipendio, salaris, inkomen, renda, remuneration, hourly rate, payrate, stipend, hourly wage, gross
    pay, net pay, gross salary, net salary, salary amount, salary scale, salary grade, pay grade, basic salary,
    pay scale, entgelt, entgeltgruppe, tarifgruppe, besoldung, vergutung, verguetung, stundensatz, stundenlohn,
    tagessatz, honorar, nomina, retribucion, retribuzione, compenso, prime annuelle, loon, uurloon, uurtarief,
    bezoldiging, ordenado, rendimento, renda familiar, ingreso mensual, revenu mensuel, reddito mensile, bonus
    amount, commission amount, tariffa oraria, taux horaire, allowance, severance
money | 0.6 | linked | n | exact
    total
money | 0.5 | linked | t
    amount, balance, price paid, payment, spending, debt, betrag, saldo, importe, montant, importo, bedrag
post_code | 0.8 | linked | t | exact
    cp
money | 0.65 | linked | n
    healthcare coverage, insurance coverage, healthcare expense, amount, balance, price paid, payment, paid,
    spending, spend, expense, debt, mortgage, credit limit, loan amount, fare, cost, betrag, saldo, kontostand,
    importe, monto, montant, solde, importo, bedrag, montante, amt, charge, fee, invoice total, order total, claim
    amount, premium, deposit, total charge, purchase amount, freight, total due, sub total, donation, valor total,
    importe total, totale, prezzo totale, prix total, entry fee
grade | 0.75 | linked | tn
    grade, gpa, mark, exam score, test score, final grade, performance rating, performance score, iq, note examen,
    calificacion, nota, voto, zensur, sat score, appraisal, attainment, attainment value, attainment descriptor,
    effort, effort value, effort descriptor, exam grade, assessment score, assessment result, class rank, letter
    grade, grade point, endnote, abschlussnote, prufungsnote, pruefungsnote, durchschnittsnote, notenschnitt,
    zeugnisnote, nota final, nota media, cijfer, eindcijfer, valutazione, votazione, bewertung person, schulnote,
    note finale, mention, mark obtained, points earned
grade | 0.65 | linked | n | exact
    note, score, point, mark, nota, voto, punkte, cijfer, punteggio
habit | 0.85 | anywhere | tnb
    smoker, smoking, smoke, is smoker, smoking status, alcohol, drinking, drug use, tobacco, substance use,
    raucher, fumador, fumeur, fumatore, roker, exercise, physical activity, diet, drinker, lifestyle, hobby,
    hobbies, interest, freizeit
status | 0.55 | person | tn | exact
    status
"""
